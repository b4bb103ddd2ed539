#include "mailpipe/smtp/server_session.hpp"

#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/command.hpp"
#include "mailpipe/smtp/server_impl.hpp"

namespace mailpipe::smtp {
namespace {

constexpr std::size_t kReplyBatch = 16384;  // octets of replies kept back for one write (RFC 2920 section 3.2)

bool ends_a_batch(const ServerStep& event) {
    return std::holds_alternative<wire::StartTls>(event) || std::holds_alternative<wire::Failed>(event) ||
           std::holds_alternative<PeerQuit>(event);
}

wire::LineFramer command_framer() {
    return {wire::LineEnd::crlf, limits::kCommandLineBeforeLogin, "kCommandLineBeforeLogin"};
}

}  // namespace

ServerSession::Impl::Impl(ServerOptions server_options)
    : options(std::move(server_options)), framer(command_framer()) {
    greeting();
}

void ServerSession::Impl::greeting() {
    respond(220, "", options.host_name + (lmtp() ? " LMTP" : " ESMTP") + " mailpipe");
}

ServerStep ServerSession::Impl::next() {
    while (true) {
        if (!out.empty() && (out.size() > kReplyBatch || (!events.empty() && ends_a_batch(events.front())))) {
            return wire::Output{std::exchange(out, {})};
        }
        if (!events.empty()) {
            ServerStep event = std::move(events.front());
            events.pop_front();
            return event;
        }
        const bool reads_lines = state == State::command || state == State::auth_line;
        if (shutting_down && reads_lines) {
            end_with(Reply{421, "4.3.2", {"Server is shutting down"}},
                     Error{Errc::unavailable, "server is shutting down"});
            continue;
        }
        if (reads_lines && take_line()) continue;
        if (state == State::data) {
            if (auto step = take_data()) return std::move(*step);
            if (!events.empty()) continue;
        }
        if (state == State::chunk) {
            if (auto step = take_chunk()) return std::move(*step);
            if (state != State::chunk) continue;
        }
        if (!out.empty()) return wire::Output{std::exchange(out, {})};
        const bool reads = reads_lines || state == State::data || state == State::chunk;
        if (input.eof() && reads) {
            end_of_input();
            continue;
        }
        return wire::NeedInput{};
    }
}

// One line of input; false: more is needed.
bool ServerSession::Impl::take_line() {
    const std::string_view view = input.view();
    const std::size_t at = view.find('\n');
    if (at != std::string_view::npos && (at == 0 || view[at - 1] != '\r')) {
        // SMTP smuggling: two programs that disagree about where a line ends also disagree about what a command
        // is.
        end_with(Reply{500, "5.5.2", {"Bare LF in command; lines end in CRLF"}},
                 Error{Errc::protocol, "bare LF in command"});
        return true;
    }
    if (discarding) return discard_long_line();
    auto line = framer.next(input);
    if (!line) {
        framer = command_framer();
        discarding = true;
        return true;
    }
    if (!*line) return false;
    state == State::auth_line ? auth_line(**line) : command_line(**line);
    return true;
}

// A line beyond the limit is dropped as it comes and answered once, at its end.
bool ServerSession::Impl::discard_long_line() {
    const std::string_view view = input.view();
    const std::size_t at = view.find("\r\n");
    if (at == std::string_view::npos) {
        input.consume(!view.empty() && view.back() == '\r' ? view.size() - 1 : view.size());
        return false;
    }
    input.consume(at + 2);
    discarding = false;
    const bool in_auth = state == State::auth_line;
    state = State::command;
    mechanism.reset();
    refuse_command(500, in_auth ? "5.5.6" : "5.5.2",
                   "Line is longer than " + std::to_string(limits::kCommandLineBeforeLogin) + " octets");
    return true;
}

void ServerSession::Impl::command_line(std::string_view line) {
    auto command = parse_command(line);
    if (options.trace != nullptr) {
        const bool secret = ascii::starts_with_ignore_case(line, "AUTH ");
        const auto words = ascii::split_words(line);
        options.trace->client_line(secret && words.size() > 2 ? "AUTH " + std::string(words[1]) + " ***"
                                                              : std::string(line));
    }
    if (!command) return refuse_command(command.error());
    const Entry* entry = find_command(command->verb);
    if (entry == nullptr) return refuse_command(500, "5.5.1", "Command is not known");
    // RCPT and what is in a chunk have limits of their own. The others cost a peer nothing, and this server a little each.
    const bool counts = entry->verb != "RCPT" && entry->verb != "BDAT";
    if (counts && ++idle_commands > limits::kCommandsWithoutMessage) {
        return end_with(Reply{421, "4.7.0", {"Too many commands without a message"}},
                        Error{Errc::limit, "peer gave more than kCommandsWithoutMessage (" +
                                               std::to_string(limits::kCommandsWithoutMessage) + ") commands"});
    }
    (this->*entry->handle)(command->argument);
}

void ServerSession::Impl::respond(const Reply& reply) {
    const std::string text = encode_reply(reply, true);
    if (options.trace != nullptr) {
        for (std::string_view line : ascii::split(std::string_view(text).substr(0, text.size() - 1), '\n')) {
            options.trace->server_line(ascii::trim(line));
        }
    }
    out += text;
}

void ServerSession::Impl::respond(int code, std::string enhanced, std::string text) {
    respond(Reply{code, std::move(enhanced), {std::move(text)}});
}

void ServerSession::Impl::refuse_command(const Reply& reply) {
    respond(reply);
    if (reply.code == 421) return end(Error{Errc::unavailable, "session refused"});
    if (++errors < limits::kHardErrors) return;
    end_with(
        Reply{421, "4.7.0", {"Too many errors"}},
        Error{Errc::protocol, "peer made kHardErrors (" + std::to_string(limits::kHardErrors) + ") errors"});
}

void ServerSession::Impl::refuse_command(int code, std::string enhanced, std::string text) {
    refuse_command(Reply{code, std::move(enhanced), {std::move(text)}});
}

void ServerSession::Impl::end_with(const Reply& reply, Error error) {
    respond(reply);
    end(std::move(error));
}

void ServerSession::Impl::end(Error error) {
    abort_transaction();
    state = State::ended;
    events.emplace_back(wire::Failed{std::move(error)});
}

void ServerSession::Impl::abort_transaction() {
    if (has_sender) events.emplace_back(TransactionAborted{});
    has_sender = false;
    in_chunks = false;
    recipients = 0;
    refused_message.reset();
}

void ServerSession::Impl::end_of_input() {
    const bool in_message = state == State::data || state == State::chunk || in_chunks;
    end(Error{Errc::protocol, in_message ? "peer closed the connection inside a message"
                                         : "peer closed the connection without QUIT"});
}

ServerSession::ServerSession(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

ServerStep ServerSession::next() {
    return impl_->next();
}

void ServerSession::feed(std::string_view octets) {
    if (impl_->state == Impl::State::ended) return;
    if (impl_->state == Impl::State::tls) {
        return impl_->end(Error{Errc::protocol, "peer sent data between STARTTLS and the handshake"});
    }
    impl_->input.append(octets);
}

void ServerSession::feed_eof() {
    impl_->input.set_eof();
}

void ServerSession::tls_started(sasl::ServerTls tls) {
    if (impl_->state != Impl::State::tls) return;
    impl_->state = Impl::State::command;
    impl_->options.tls_active = true;
    impl_->options.sasl.channel_binding = std::move(tls.channel_binding);
    impl_->options.sasl.has_certificate = tls.has_certificate;
    // RFC 3207 section 4.2: nothing the peer said before TLS counts.
    impl_->helo.clear();
    impl_->esmtp = false;
}

void ServerSession::auth_keys(sasl::ScramKeys keys) {
    impl_->auth_keys(std::move(keys));
}
void ServerSession::auth_accepted() {
    impl_->auth_accepted();
}
void ServerSession::auth_refused(bool temporary) {
    impl_->auth_refused(temporary);
}
void ServerSession::accept() {
    impl_->answer(Reply{});
}
void ServerSession::refuse(Reply reply) {
    impl_->answer(reply);
}
void ServerSession::verified(const Reply& reply) {
    impl_->verified(reply);
}
void ServerSession::body_answered(std::vector<Reply> replies) {
    impl_->body_answered(std::move(replies));
}

void ServerSession::shut_down() {
    impl_->shutting_down = true;
}

void ServerSession::time_out() {
    if (impl_->state == Impl::State::ended) return;
    impl_->end_with(Reply{421, "4.4.2", {"Timeout"}}, Error{Errc::temporary, "peer was silent for too long"});
}

std::string_view ServerSession::helo_name() const {
    return impl_->helo;
}
bool ServerSession::esmtp() const {
    return impl_->esmtp;
}

}  // namespace mailpipe::smtp
