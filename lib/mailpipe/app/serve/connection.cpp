#include "mailpipe/app/serve/connection.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/net/proxy_header.hpp"

#include "mailpipe/app/serve/test/test_mode.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::chrono::seconds kHandshake{30};
constexpr std::chrono::seconds kTurnAwayTimeout{2};
constexpr std::chrono::seconds kProxyTimeout{10};
constexpr std::size_t kLookupsWaiting = 200;

bool serves_smtp(const ListenSocket& socket) {
    return !socket.is_pop3() && !socket.is_imap();
}

bool serves_strangers(const ListenSocket& socket) {
    return serves_smtp(socket) && !socket.is_lmtp() && !socket.submission;
}

}  // namespace

Connection::Connection(const Context& context, const ListenSocket& socket,
                       std::unique_ptr<net::ServerStream> stream, std::uint64_t number)
    : context_(context), socket_(socket), stream_(std::move(stream)), number_(number) {
    TestMode* test = context.config.test;
    if (test == nullptr) return;
    presence_ = test->enter();
    const FaultProtocol protocol = protocol_of(socket);
    if (test->is_tapping(protocol))
        tapped_ = std::make_unique<TappedStream>(*stream_, *test, protocol, number, socket.url);
}

void Connection::serve(Over over) {
    over_ = std::move(over);
    spawn(run());
}

void Connection::spawn(asio::awaitable<bool> what) {
    asio::co_spawn(stream_->executor(), std::move(what),
                   [this](std::exception_ptr bug, bool waits) { bug || !waits ? end(bug) : await_peer(); });
}

void Connection::await_peer() {
    // What has come up behind the last look at it, while nothing could be interrupted yet.
    if (has_news()) return wake({});
    stream_->await_input(patience(), [this](Result<void> woken) { wake(std::move(woken)); });
}

void Connection::wake(Result<void> woken) {
    std::optional<asio::awaitable<bool>> more;
    try {
        more = resume(std::move(woken));
    } catch (const std::exception&) {
        return end(std::current_exception());
    }
    more ? spawn(std::move(*more)) : await_peer();
}

void Connection::end(std::exception_ptr bug) {
    const Over over = std::move(over_);
    over(*this, bug);
}

Json Connection::event(std::string_view name) const {
    Json json = make_event(name);
    json["connection"] = number_;
    return json;
}

void Connection::report(const Error& error, Json json) const {
    json["kind"] = kind_name(error.kind);
    json["message"] = error.message;
    context_.events.write(json);
}

void Connection::report_store_error(const Error& error, Json json) const {
    report(error, std::move(json));
    context_.diagnostics.note("", error.message);
}

void Connection::add_tls_version(Json& json) const {
    if (tls_) json["tls"] = tls_->version;
}

asio::awaitable<bool> Connection::arrive() {
    const Config& config = context_.config;
    if (config.proxies.contain(stream_->peer().address)) {
        const bool known = co_await learn_peer();
        if (!known) co_return false;
    }
    // The limits are those of the clients behind it.
    const bool is_proxy = serves_smtp(socket_) && speaks_for_others();
    if (!is_proxy) {
        const tl::expected<void, smtp::Reply> admitted = co_await admit();
        if (!admitted) {
            co_await turn_away(admitted.error(), Errc::limit);
            co_return false;
        }
    }
    // Over TLS the client speaks first.
    const bool delayed = serves_strangers(socket_) && !is_proxy && !socket_.location.implicit_tls() &&
                         config.greeting_delay.count() > 0;
    if (!delayed) co_return true;
    co_return co_await waits_for_greeting();
}

asio::awaitable<tl::expected<void, smtp::Reply>> Connection::admit() {
    admitted_ = {};
    listed_by_.clear();
    const auto verdict =
        context_.admission.connection(stream_->peer(), context_.config.limits, Clock::now(), admitted_);
    if (!verdict) co_return verdict;
    const bool asked = serves_strangers(socket_) && context_.dnsbl != nullptr && !stream_->peer().loopback;
    if (asked) co_await look_up_peer();
    co_return verdict;
}

void Connection::become(const std::string& address, std::uint16_t port, const std::string& user) {
    net::Peer peer;
    peer.address = address;
    peer.name = address;
    const bool v6 = address.find(':') != std::string::npos;
    if (port != 0) peer.name = (v6 ? "[" + address + "]:" : address + ":") + std::to_string(port);
    Json json = event("client");
    json["peer"] = peer.name;
    if (!user.empty()) json["user"] = user;
    context_.events.write(json);
    stream_->set_peer(std::move(peer));
}

asio::awaitable<void> Connection::look_up_peer() {
    // A flood must not make those wait who come after it: nobody is refused for that a list was not asked.
    if (context_.lookups.waiting() > kLookupsWaiting) co_return;
    const std::string address = stream_->peer().address;
    std::function<std::string()> work = [dnsbl = context_.dnsbl, address] { return dnsbl->listed_by(address); };
    listed_by_ = co_await in_background<std::string>(context_.lookups, std::move(work));
}

// RFC 5321 section 4.3.1: a client waits for the greeting. What sends spam in bulk does not.
asio::awaitable<bool> Connection::waits_for_greeting() {
    Result<std::string_view> octets = co_await stream_->read_some(1, context_.config.greeting_delay);
    if (!octets) {
        const bool silent = octets.error().kind == Errc::temporary;
        if (!silent) report(octets.error());
        co_return silent;
    }
    if (octets->empty()) {
        report(Error{Errc::protocol, "peer closed the connection before the greeting"});
    } else {
        const smtp::Reply reply{554, "5.5.1", {"You spoke before the greeting"}};
        co_await turn_away(reply, Errc::protocol);
    }
    co_return false;
}

asio::awaitable<bool> Connection::learn_peer() {
    const auto end = Clock::now() + kProxyTimeout;
    std::string received;
    Result<net::ProxyHeader> header = net::parse_proxy_header(received);
    while (header && header->wants > 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        Result<std::string_view> octets =
            co_await stream_->read_some(header->wants, std::max(left, std::chrono::milliseconds(0)));
        if (octets) received += *octets;
        if (!octets) {
            header = tl::unexpected(octets.error());
        } else if (octets->empty()) {
            header = fail(Errc::protocol, "PROXY header: the connection ended before it");
        } else {
            header = net::parse_proxy_header(received);
        }
    }
    if (!header) {
        // Without a word: it is no peer of the protocol that speaks here.
        report(header.error());
        co_return false;
    }
    if (!header->proxied) co_return true;
    become(header->address, header->port, "");
    co_return true;
}

asio::awaitable<void> Connection::turn_away(smtp::Reply reply, Errc kind) {
    Json json = event("error");
    json["reply"] = json_of(reply);
    report(Error{kind, "turned away: " + reply.lines[0]}, std::move(json));
    // Inside of a TLS socket nothing can be said before the handshake; and under stress there is no time for words.
    if (socket_.location.implicit_tls() || context_.admission.under_stress()) co_return;
    const std::string octets = refusal(reply);
    Result<void> written = co_await stream_->write(std::string_view(octets), kTurnAwayTimeout);
    if (written) co_await stream_->close();
}

bool Connection::take_seat(const std::string& user) {
    const auto verdict = context_.admission.login(user, context_.config.limits, admitted_);
    if (verdict) return true;
    Json json = event("error");
    json["user"] = user;
    json["reply"] = json_of(verdict.error());
    report(Error{Errc::limit, "login refused: " + verdict.error().lines[0]}, std::move(json));
    return false;
}

// Connections that a fault has ended have an event that says so.
bool Connection::ended_by_fault() const {
    return tapped_ && tapped_->ended();
}

asio::awaitable<bool> Connection::accepted() {
    if (!tapped_) co_return true;
    Result<void> accepted = co_await tapped_->accepted();
    co_return accepted.has_value();
}

asio::awaitable<Result<std::string_view>> Connection::read(std::chrono::milliseconds timeout) {
    // No coroutine of its own: its frame would be held by each connection that waits.
    return tapped_ ? tapped_->read(timeout) : stream_->read(timeout);
}

asio::awaitable<bool> Connection::write(std::string octets) {
    Result<void> written;
    if (tapped_) {
        written = co_await tapped_->write(std::move(octets), context_.config.timeout);
    } else {
        written = co_await stream_->write(std::string_view(octets), context_.config.timeout);
    }
    if (!written && !ended_by_fault()) report(written.error());
    co_return written.has_value();
}

asio::awaitable<bool> Connection::start_tls() {
    const std::shared_ptr<net::TlsContext> tls = context_.config.tls;
    const auto timeout = std::min<std::chrono::milliseconds>(context_.config.timeout, kHandshake);
    Result<net::TlsInfo> info = fail(Errc::tls, "");
    if (tapped_) {
        info = co_await tapped_->start_tls(tls, timeout);
    } else {
        info = co_await stream_->start_tls(tls, timeout);
    }
    if (!info) {
        if (!ended_by_fault()) report(info.error());
        co_return false;
    }
    tls_ = std::make_unique<const Tls>(
        Tls{std::move(info->version), std::move(info->channel_binding), std::move(info->client_names)});
    co_return true;
}

std::shared_ptr<Connection> make_connection(const Context& context, const ListenSocket& socket,
                                            std::unique_ptr<net::ServerStream> stream, std::uint64_t number) {
    const TestMode* test = context.config.test;
    const auto make = test != nullptr && test->repertoire() != nullptr ? make_replay_connection
                      : socket.is_pop3()                               ? make_pop3_connection
                      : socket.is_imap()                               ? make_imap_connection
                                                                       : make_smtp_connection;
    return make(context, socket, std::move(stream), number);
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
