#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/server.hpp"
#include "mailpipe/smtp/server_session.hpp"
#include "mailpipe/wire/dot_stuffing.hpp"
#include "mailpipe/wire/input_buffer.hpp"
#include "mailpipe/wire/line_ends.hpp"
#include "mailpipe/wire/line_framer.hpp"

namespace mailpipe::smtp {

// As EHLO names them.
std::string xclient_attributes();

// server_session.cpp drives, server_commands.cpp has the commands, server_auth.cpp AUTH, server_data.cpp the
// message, server_chunk.cpp that in chunks, server_xclient.cpp XCLIENT.
struct ServerSession::Impl {
    enum class State {
        command,
        mail_answer,
        rcpt_answer,
        auth_line,
        auth_answer,
        tls,
        data,
        chunk,
        verify_answer,
        body_answer,
        xclient_answer,
        ended
    };

    explicit Impl(ServerOptions server_options);

    ServerStep next();

    // Driver.
    bool take_line();
    bool discard_long_line();
    std::optional<ServerStep> take_data();
    void command_line(std::string_view line);
    void respond(const Reply& reply);
    void respond(int code, std::string enhanced, std::string text);
    void refuse_command(const Reply& reply);  // counts as a hard error
    void refuse_command(int code, std::string enhanced, std::string text);
    void end_with(const Reply& reply, Error error);
    void end(Error error);
    void abort_transaction();
    void end_of_input();
    bool lmtp() const { return options.protocol == ServerProtocol::lmtp; }

    // Commands.
    struct Entry {
        std::string_view verb;
        void (Impl::*handle)(std::string_view argument);
    };
    static const Entry* find_command(std::string_view verb);
    void on_ehlo(std::string_view argument);
    void on_helo(std::string_view argument);
    void on_lhlo(std::string_view argument);
    void on_mail(std::string_view argument);
    void on_rcpt(std::string_view argument);
    void on_data(std::string_view argument);
    void on_bdat(std::string_view argument);
    void on_rset(std::string_view argument);
    void on_noop(std::string_view argument);
    void on_help(std::string_view argument);
    void on_vrfy(std::string_view argument);
    void on_expn(std::string_view argument);
    void on_quit(std::string_view argument);
    void on_starttls(std::string_view argument);
    void on_http(std::string_view argument);
    void on_xclient(std::string_view argument);
    void client_answered(const Reply& reply);
    void greeting();
    bool greet(std::string_view argument, bool is_esmtp);
    void offer_extensions();
    bool needs_no_argument(std::string_view argument);

    // AUTH.
    void on_auth(std::string_view argument);
    void auth_line(std::string_view line);
    void auth_message(std::optional<std::string_view> encoded);
    void auth_step(Result<sasl::Server::Step> step);
    void auth_keys(sasl::ScramKeys keys);
    void auth_accepted();
    void auth_refused(bool temporary);
    void auth_failed();
    bool auth_offered() const;

    // Message.
    void answer(const Reply& reply);
    void verified(const Reply& reply);
    ServerExtensions offered() const;
    void begin_body();
    void judge_message();

    // Chunks (RFC 3030).
    void refuse_chunk(const Reply& reply);
    std::optional<ServerStep> take_chunk();
    std::optional<ServerStep> end_chunk();
    void body_answered(std::vector<Reply> replies);

    ServerOptions options;
    wire::InputBuffer input;
    wire::LineFramer framer;
    std::string out;
    std::list<ServerStep> events;  // which costs an idle connection nothing
    State state = State::command;
    std::string helo;  // empty: none yet
    bool esmtp = false;
    bool authenticated = false;
    bool shutting_down = false;
    bool discarding = false;
    std::size_t errors = 0;
    std::size_t idle_commands = 0;  // since the last message that was taken
    std::size_t auth_failures = 0;
    std::unique_ptr<sasl::Server> mechanism;
    ClientNamed named;       // by XCLIENT
    bool auth_lost = false;  // the mechanism tells the client why, before it is refused

    // Transaction.
    bool has_sender = false;
    std::size_t recipients = 0;
    std::uint64_t size = 0;
    std::optional<Reply> refused_message;
    Body body = Body::seven_bit;
    bool utf8 = false;
    struct Chunk {
        std::uint64_t left = 0;  // octets still to come
        bool last = false;
        std::optional<Reply> refused;  // they are dropped, then this is said
    };
    Chunk chunk;
    bool in_chunks = false;  // BDAT has begun the message
    bool ends_in_crlf = true;
    char last_octet = '\0';
    wire::DotDecoder decoder;
    wire::LineEndChecker line_ends;
};

}  // namespace mailpipe::smtp
