#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/serve/access/dnsbl.hpp"
#include "mailpipe/app/serve/background.hpp"
#include "mailpipe/app/serve/current_config.hpp"
#include "mailpipe/app/serve/delivery/commit_worker.hpp"
#include "mailpipe/app/serve/delivery/handover.hpp"
#include "mailpipe/app/serve/delivery/quota.hpp"
#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/app/serve/imap/imap_shared.hpp"
#include "mailpipe/app/serve/limits/admission.hpp"
#include "mailpipe/app/serve/metrics/metrics.hpp"
#include "mailpipe/app/serve/pop3/login_intervals.hpp"
#include "mailpipe/app/serve/test/tapped_stream.hpp"
#include "mailpipe/app/serve/users/authenticator.hpp"
#include "mailpipe/net/server_stream.hpp"

namespace mailpipe::app::serve {

// What all connections share, safe from any thread. It outlives them.
struct Shared {
    Shared(std::shared_ptr<const Config> the_config, EventLog& the_events, Diagnostics& the_diagnostics,
           queue::Spool* spool, const ImapOptions& imap_options)
        : config(std::move(the_config)),
          events(the_events),
          diagnostics(the_diagnostics),
          relay_spool(spool),
          imap(imap_options, [this](const std::string& maildir,
                                    const std::vector<std::string>& ids) { commits.removing(maildir, ids); }),
          authenticator(config.get()->users_options.failed_login_delay),
          commits(config.get()->store.format, spool) {
        commits.tell([this](const std::string& path) { imap.delivered(path, path); });
    }

    CurrentConfig config;
    EventLog& events;
    Diagnostics& diagnostics;
    StderrTrace trace;
    SpoolBudget spool_budget;
    Admission admission;
    Metrics metrics;
    queue::Spool* const relay_spool;  // or none
    Quota quota;
    LoginIntervals pop3_logins;
    ImapShared imap;
    // Last, so that their threads end before what they use.
    Authenticator authenticator;
    CommitWorker commits;
    std::unique_ptr<Handover> handover;  // with --deliver
    Background background{2};
    std::unique_ptr<Dnsbl> dnsbl;  // or none
    Background lookups{8};
    Background mailboxes{kMailboxThreads};  // what IMAP sessions read and write

    Deliverer& deliverer() { return handover ? static_cast<Deliverer&>(*handover) : commits; }
};

// The same as one connection sees it: with the configuration of the moment when it began.
struct Context {
    explicit Context(Shared& shared)
        : snapshot(shared.config.get()),
          config(*snapshot),
          events(shared.events),
          diagnostics(shared.diagnostics),
          trace(shared.trace),
          spool_budget(shared.spool_budget),
          admission(shared.admission),
          metrics(shared.metrics),
          quota(shared.quota),
          pop3_logins(shared.pop3_logins),
          authenticator(shared.authenticator),
          commits(shared.commits),
          deliverer(shared.deliverer()),
          background(shared.background),
          lookups(shared.lookups),
          mailboxes(shared.mailboxes),
          imap(shared.imap),
          dnsbl(shared.dnsbl.get()) {}

    std::shared_ptr<const Config> snapshot;
    const Config& config;
    EventLog& events;
    Diagnostics& diagnostics;
    StderrTrace& trace;
    SpoolBudget& spool_budget;
    Admission& admission;
    Metrics& metrics;
    Quota& quota;
    LoginIntervals& pop3_logins;
    Authenticator& authenticator;
    CommitWorker& commits;  // who writes the store
    Deliverer& deliverer;   // who takes messages
    Background& background;
    Background& lookups;
    Background& mailboxes;
    ImapShared& imap;
    const Dnsbl* dnsbl;
};

// One peer, on the thread of its loop. While it waits for the peer there is no coroutine of it, whose frames would be most of
// what it holds.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
    // Told once, when the connection is over, or has come upon a bug. It may destroy the connection.
    using Over = std::function<void(Connection&, std::exception_ptr bug)>;

    Connection(const Context& context, const ListenSocket& socket, std::unique_ptr<net::ServerStream> stream,
               std::uint64_t number);
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // It must not be destroyed before `over` is told.
    void serve(Over over);
    // The server is ending: what is in flight is finished, the rest refused.
    virtual void stop() = 0;
    // It has waited long enough: reads fail from now on; a reply can still be sent.
    void cancel() { stream_->cancel(); }
    void abort() { stream_->abort(); }

 protected:
    using Clock = std::chrono::steady_clock;

    // From the first octet on. true: the peer is waited for; false: the connection is over.
    virtual asio::awaitable<bool> run() = 0;
    // The wait for the peer has ended as net::ServerStream::await_input() says. What comes of it, as run(); nullopt: the peer
    // is waited for again.
    virtual std::optional<asio::awaitable<bool>> resume(Result<void> /*woken*/) { return std::nullopt; }
    virtual std::chrono::milliseconds patience() const { return context_.config.timeout; }
    // There is something to say to the peer before it is waited for.
    virtual bool has_news() const { return false; }

    // An event with "connection".
    Json event(std::string_view name) const;
    void report(const Error& error, Json event) const;
    void report(const Error& error) const { report(error, event("error")); }
    // Errors of the store are for whoever runs the server, too.
    void report_store_error(const Error& error, Json event) const;

    // Before the greeting. false: the peer was turned away.
    asio::awaitable<bool> arrive();
    // The PROXY header of a proxy. false: it has none, or a wrong one.
    asio::awaitable<bool> learn_peer();
    // Has the peer, by its connection, the right to speak for others by XCLIENT?
    bool speaks_for_others() const { return context_.config.xclients.contain(stream_->peer().address); }
    // It is `address` from now on; port 0: not known; `user`: who has logged in there, or empty.
    void become(const std::string& address, std::uint16_t port, const std::string& user);
    // Admits the peer as what it is. What it is told when it must go.
    asio::awaitable<tl::expected<void, smtp::Reply>> admit();
    asio::awaitable<void> look_up_peer();
    // Whether the peer waits for the greeting, which comes late. false: it was refused, or has left.
    asio::awaitable<bool> waits_for_greeting();
    asio::awaitable<void> turn_away(smtp::Reply reply, Errc kind);
    // How the protocol says that before the greeting.
    virtual std::string refusal(const smtp::Reply& reply) const = 0;
    // false: he has too many connections, and must be refused for the time being.
    bool take_seat(const std::string& user);
    // users/connection_login.cpp. Judges what a session asks, waits as long as a refusal has to, and says how it was.
    asio::awaitable<LoginVerdict> log_in(sasl::ServerRequest request);
    asio::awaitable<sasl::ScramKeys> find_keys(sasl::ServerRequest request);
    LoginPeer login_peer() const;
    sasl::ServerTls sasl_tls() const;
    sasl::ServerSettings sasl_settings() const;
    // For good: no refusal is held back from now on.
    void end_pauses();

    // The stream's members, with what --fault and its like make of them.
    asio::awaitable<bool> accepted();
    asio::awaitable<Result<std::string_view>> read(std::chrono::milliseconds timeout);
    asio::awaitable<bool> write(std::string octets);
    asio::awaitable<bool> start_tls();
    bool ended_by_fault() const;
    bool on_tls() const { return tls_ != nullptr; }
    void add_tls_version(Json& event) const;
    std::string login_name(std::string_view name) const { return context_.config.recipients.login_name(name); }

    Context context_;
    const ListenSocket& socket_;
    std::unique_ptr<net::ServerStream> stream_;
    std::uint64_t number_;
    struct Tls {
        std::string version;  // "TLSv1.3"
        std::string channel_binding;
        std::vector<std::string> client_names;
    };
    std::unique_ptr<const Tls> tls_;  // once it is on
    Admitted admitted_;
    std::unique_ptr<asio::steady_timer> pause_;  // while a reply is held back
    bool pauses_ = true;
    std::shared_ptr<void> presence_;        // in test mode
    std::unique_ptr<TappedStream> tapped_;  // the same, where octets are looked at
    std::string listed_by_;                 // the zone that lists the peer; empty: none

 private:
    void spawn(asio::awaitable<bool> what);
    void await_peer();
    void wake(Result<void> woken);
    void end(std::exception_ptr bug);

    Over over_;
};

std::shared_ptr<Connection> make_smtp_connection(const Context& context, const ListenSocket& socket,
                                                 std::unique_ptr<net::ServerStream> stream,
                                                 std::uint64_t number);
std::shared_ptr<Connection> make_pop3_connection(const Context& context, const ListenSocket& socket,
                                                 std::unique_ptr<net::ServerStream> stream,
                                                 std::uint64_t number);
std::shared_ptr<Connection> make_imap_connection(const Context& context, const ListenSocket& socket,
                                                 std::unique_ptr<net::ServerStream> stream,
                                                 std::uint64_t number);

// Plays a recorded dialogue (--replay).
std::shared_ptr<Connection> make_replay_connection(const Context& context, const ListenSocket& socket,
                                                   std::unique_ptr<net::ServerStream> stream,
                                                   std::uint64_t number);
// The one of them that the configuration wants.
std::shared_ptr<Connection> make_connection(const Context& context, const ListenSocket& socket,
                                            std::unique_ptr<net::ServerStream> stream, std::uint64_t number);

}  // namespace mailpipe::app::serve
