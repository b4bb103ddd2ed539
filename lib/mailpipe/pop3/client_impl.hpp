#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/redactor.hpp"
#include "mailpipe/pop3/client_session.hpp"
#include "mailpipe/pop3/reply.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/wire/dot_stuffing.hpp"
#include "mailpipe/wire/input_buffer.hpp"
#include "mailpipe/wire/line_framer.hpp"

namespace mailpipe::pop3 {

// client_session.cpp drives, client_login.cpp gets to Ready, client_commands.cpp does what comes after it.
struct ClientSession::Impl {
    enum class Phase { greeting, capa, stls, tls, settings, sasl, user, pass, apop, ready, closed };
    enum class Verb { stat, list, uidl, retr, top, dele, quit };
    struct Pending {
        Verb verb{};
        std::uint32_t number = 0;
        std::uint32_t lines = 0;
        std::string name() const;  // as it is sent, without the lines of TOP
    };

    explicit Impl(ClientOptions given);

    ClientStep next();
    std::string awaited() const;
    void send(std::string_view line, std::string_view traced);
    void fail_with(Error error);
    void fail_with(Errc kind, std::string message) { fail_with(Error{kind, std::move(message)}); }
    std::optional<std::string_view> read_line();
    std::string quote(std::string_view line) const { return quote_line(redactor.clean(line)); }
    Error refused(const StatusReply& reply, Errc otherwise, const std::string& what) const;

    // client_login.cpp
    void check_credentials();
    void on_login_line(std::string_view line);
    void on_greeting(const StatusReply& reply);
    void on_capability(std::string_view line);
    void after_capabilities();
    void choose_settings();
    void next_settings();
    void start_login();
    void on_challenge(std::string_view line);
    void on_login_reply(const StatusReply& reply);
    void start_tls();

    // client_commands.cpp
    void queue(Pending command);
    void send_commands();
    std::optional<ClientStep> read_reply();
    std::optional<ClientStep> on_reply(std::string_view line);
    std::optional<ClientStep> on_refused(const StatusReply& reply);
    std::optional<ClientStep> on_accepted(const StatusReply& reply);
    std::optional<ClientStep> read_body();
    std::optional<ClientStep> on_listing_line(std::string_view line);
    std::optional<ScanListing> parse_entry(std::string_view line);
    std::optional<ClientStep> finish_listing();

    ClientOptions options;
    Redactor redactor;
    wire::InputBuffer input;
    wire::LineFramer framer;
    wire::DotDecoder decoder;
    Phase phase = Phase::greeting;
    std::string output;
    std::optional<Error> failure;

    // Before Ready.
    Capabilities capabilities;
    std::size_t capability_lines = 0;
    std::string timestamp;
    std::deque<std::string> settings;  // commands that were not sent yet
    std::size_t settings_sent = 0;     // and are not answered
    std::unique_ptr<sasl::Client> mechanism;
    bool tls_on = false;
    bool tls_pending = false;  // StartTls was not yet yielded
    bool ready_pending = false;

    // From Ready on.
    std::deque<Pending> unsent;
    std::deque<Pending> in_flight;
    bool quit_queued = false;

    // The multi-line part of a reply.
    enum class Part { none, capabilities, listing, body };
    Part part = Part::none;
    Listing listing;
    std::size_t listing_octets = 0;
    std::uint64_t body_octets = 0;
};

}  // namespace mailpipe::pop3
