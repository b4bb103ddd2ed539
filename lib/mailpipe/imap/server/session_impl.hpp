#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/imap/server/append_parser.hpp"
#include "mailpipe/imap/server/capabilities.hpp"
#include "mailpipe/imap/server/command_framer.hpp"
#include "mailpipe/imap/server/command_reader.hpp"
#include "mailpipe/imap/server/parse_command.hpp"
#include "mailpipe/imap/server/session.hpp"
#include "mailpipe/wire/deflate.hpp"
#include "mailpipe/wire/input_buffer.hpp"

namespace mailpipe::imap::server {

// session.cpp drives and takes the caller's answers, session_framing.cpp puts commands together and drops refused ones,
// session_login.cpp is the state before login, session_commands.cpp has the table and what is answered here,
// session_append.cpp APPEND and REPLACE, session_output.cpp what goes out.
struct Session::Impl {
    enum class State { not_authenticated, authenticated, selected };
    enum class Reading { command, literal, dropped, append, auth, idle, tls, over };
    enum class Awaiting { nothing, login, command, append, idle_end };
    struct Refusal {
        Completion completion = Completion::bad;
        std::string code;
        std::string text;
    };
    struct Entry {
        std::string_view name;
        unsigned states;              // of kNotAuthenticated...
        std::string_view capability;  // that it comes with; empty: of IMAP itself
        CommandParser parse = nullptr;
        void (Impl::*handle)(CommandReader& in) = nullptr;  // answered here
        bool uid = false;                                   // there is a UID form
    };

    explicit Impl(Options given);

    // session.cpp
    Step next();
    bool read();
    bool inflate_more();
    bool at_boundary() const;
    void end(std::optional<Error> error);  // what is in the output still goes out
    void say_bye(std::string_view code, std::string_view text, std::optional<Error> error);
    void complete(Completion completion, std::string_view code, std::string_view text);

    // session_framing.cpp
    void on_step(const CommandFramer::Step& step);
    void on_line(std::string_view line);
    void begin_command(std::string_view line);
    void continue_command(std::string_view line, const std::optional<LiteralMarker>& marker);
    void run_command();
    void accept_literal(const LiteralMarker& marker);
    std::optional<Refusal> judge_literal(const LiteralMarker& marker) const;
    std::optional<Refusal> judge_unasked(const LiteralMarker& marker) const;
    void take_literal();
    void take_dropped();
    void refuse(Refusal refusal, const std::optional<LiteralMarker>& marker);
    void refuse(const Error& error, const std::optional<LiteralMarker>& marker);
    void drop_literal(const LiteralMarker& marker);
    void tagged(Completion completion, std::string_view code, std::string_view text);
    void end_command();
    ParseContext context() const;
    bool utf8() const { return utf8_enabled || rev2; }

    // session_append.cpp
    void append_line(const std::optional<LiteralMarker>& marker);
    void go_on();
    std::optional<Step> take_append();
    void complete_append(Completion completion, std::string_view code, std::string_view text);
    void abort_append();

    // session_login.cpp
    void on_login(CommandReader& in);
    void on_authenticate(CommandReader& in);
    void on_starttls(CommandReader& in);
    void auth_line(std::string_view line);
    void auth_step(Result<sasl::Server::Step> step);
    void request_login(sasl::ServerRequest request);
    void login_accepted();
    void login_refused(LoginFailure why);
    void login_failed();

    // session_commands.cpp
    static const Entry* find_command(std::string_view name);
    void on_capability(CommandReader& in);
    void on_noop(CommandReader& in);
    void on_logout(CommandReader& in);
    void on_id(CommandReader& in);
    void on_enable(CommandReader& in);
    void on_idle(CommandReader& in);
    void on_compress(CommandReader& in);
    void on_unauthenticate(CommandReader& in);
    void on_comparator(CommandReader& in);
    void idle_line(std::string_view line);
    bool needs_end(CommandReader& in);  // false: it has refused

    // session_output.cpp
    void line(std::string_view text);  // adds CRLF
    void respond(std::string_view octets);
    void respond_with(std::string octets);
    std::string take_output();
    std::size_t output_size() const { return out.size() + plain.size(); }
    void start_compression();
    void stop_compression();
    void trace_client(std::string_view text);
    void trace_server(std::string_view octets);

    Options options;
    wire::InputBuffer input;
    CommandFramer framer;
    std::unique_ptr<wire::Deflate> deflate;
    std::size_t compressed_held = 0;
    std::string plain;  // goes through `deflate` when that is there
    std::string out;    // goes out as it is, before `plain`
    std::uint64_t traced_literal = 0;
    std::deque<Step> events;  // go out before anything else is read
    State state = State::not_authenticated;
    Reading reading = Reading::command;
    Awaiting awaiting = Awaiting::nothing;
    std::optional<Error> failure;  // when over: Failed, else PeerQuit
    bool stopping = false;
    bool tls_pending = false;
    std::size_t bad_commands = 0;  // since the last good one
    std::size_t commands_before_login = 0;
    std::size_t auth_failures = 0;

    // The present command.
    bool in_command = false;
    std::string tag;
    const Entry* entry = nullptr;
    bool is_uid = false;
    bool secret = false;  // its lines are not traced
    CommandText command;
    std::size_t arguments = 0;       // offset of them in the text
    std::size_t command_octets = 0;  // of the text
    std::size_t literal_octets = 0;
    std::size_t literals = 0;
    std::uint64_t literal_left = 0;
    std::optional<Refusal> refused;  // said when the command has ended
    std::uint64_t dropped = 0;

    // AUTHENTICATE
    std::unique_ptr<sasl::Server> mechanism;
    bool auth_lost = false;  // the mechanism tells the client why, before it is refused

    // IDLE
    bool idle_bad = false;

    // APPEND
    std::optional<AppendParser> append;
    std::vector<AppendParser::Event> append_events;
    std::size_t append_next = 0;
    AppendParser::Needs append_needs = AppendParser::Needs::nothing;
    std::optional<LiteralMarker> append_marker;
    bool append_told = false;  // AppendBegan is out
    bool append_binary = false;

    // ENABLE
    bool rev2 = false;
    bool utf8_enabled = false;
    bool condstore = false;
    bool qresync = false;
    bool uid_only = false;
    bool metadata = false;
};

inline constexpr unsigned kNotAuthenticated = 1;
inline constexpr unsigned kAuthenticated = 2;
inline constexpr unsigned kSelected = 4;
inline constexpr unsigned kLoggedIn = kAuthenticated | kSelected;
inline constexpr unsigned kAnyState = kNotAuthenticated | kLoggedIn;

}  // namespace mailpipe::imap::server
