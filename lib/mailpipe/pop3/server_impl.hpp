#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/pop3/server_language.hpp"
#include "mailpipe/pop3/server_session.hpp"
#include "mailpipe/pop3/top_cutter.hpp"
#include "mailpipe/sasl/server.hpp"
#include "mailpipe/wire/dot_stuffing.hpp"
#include "mailpipe/wire/input_buffer.hpp"
#include "mailpipe/wire/line_framer.hpp"

namespace mailpipe::pop3 {

// server_session.cpp drives and takes the caller's answers, server_login.cpp is the AUTHORIZATION state,
// server_commands.cpp the TRANSACTION state.
struct ServerSession::Impl {
    enum class State { authorization, transaction, tls, over };
    enum class Awaiting { nothing, login, message, commit };

    explicit Impl(ServerOptions given);

    ServerStep next();
    void on_line(std::string_view line);
    void reply(std::string_view line);  // in the language of the client; adds CRLF
    void reply_as_it_is(std::string_view line);
    void refuse(std::string_view line);    // a -ERR that counts as a hard error
    void end(std::optional<Error> error);  // what is in `output` still goes out

    // server_login.cpp
    void on_authorization_command(std::string_view keyword, std::string_view argument);
    bool login_possible();
    void on_pass(std::string_view password);
    void on_apop(std::string_view argument);
    void on_auth(std::string_view argument);
    void on_auth_response(std::string_view line);
    void auth_message(std::optional<std::string_view> message);
    void auth_step(Result<sasl::Server::Step> step);
    void on_stls(std::string_view argument);
    void capa();
    void on_utf8(std::string_view argument);
    void on_lang(std::string_view argument);
    void request_login(sasl::ServerRequest request);
    void login_failed();

    // server_commands.cpp
    void reset_deletions();
    std::optional<std::size_t> message_index(std::string_view argument);  // nullopt: it has replied -ERR
    std::string listing_line(std::size_t index, bool is_uidl) const;
    void continue_listing();
    void on_transaction_command(std::string_view keyword, std::string_view argument);
    void on_list(std::string_view argument, bool is_uidl);
    void on_retr(std::string_view argument);
    void on_top(std::string_view argument);
    void on_dele(std::string_view argument);
    void on_quit();
    void request_message(MessageRequested request);
    void begin_message();

    ServerOptions options;
    wire::InputBuffer input;
    wire::LineFramer framer;
    State state = State::authorization;
    Awaiting awaiting = Awaiting::nothing;
    std::string output;
    std::optional<ServerStep> event;  // goes out before anything else is read
    std::optional<Error> failure;     // when over: Failed, else PeerQuit
    bool stopping = false;
    Language language = Language::english;
    bool tls_pending = false;
    std::size_t hard_errors = 0;
    std::size_t commands_before_login = 0;
    std::size_t auth_failures = 0;

    // AUTHORIZATION
    std::string user;
    std::unique_ptr<sasl::Server> mechanism;
    bool auth_lost = false;  // the mechanism tells the client why, before it is refused

    // TRANSACTION
    std::vector<MaildropEntry> maildrop;
    std::vector<bool> deleted;
    std::size_t messages = 0;  // not deleted
    std::uint64_t octets = 0;
    std::size_t last_accessed = 0;  // LAST (RFC 1460): a message number
    enum class Listing { none, list, uidl };
    Listing listing = Listing::none;
    std::size_t listed = 0;

    // The message that is being sent.
    MessageRequested requested;
    bool message_begun = false;
    std::uint64_t message_octets = 0;
    TopCutter cutter;
    wire::DotEncoder encoder;
};

}  // namespace mailpipe::pop3
