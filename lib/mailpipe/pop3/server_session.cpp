#include "mailpipe/pop3/server_session.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/pop3/server_impl.hpp"

namespace mailpipe::pop3 {
namespace {

// Replies to pipelined commands are collected up to this before they go out.
constexpr std::size_t kOutputPiece = 65536;

std::string hide_secret(std::string_view keyword, std::string_view line) {
    std::size_t shown = line.size();
    if (keyword == "PASS") {
        shown = std::min<std::size_t>(line.size(), 5);
    } else if (keyword == "APOP" || keyword == "AUTH") {
        const std::size_t space = line.find(' ', 5);
        if (space != std::string_view::npos) shown = space + 1;
    }
    return std::string(line.substr(0, shown)) + (shown < line.size() ? "***" : "");
}

}  // namespace

ServerSession::Impl::Impl(ServerOptions given)
    : options(std::move(given)),
      framer(wire::LineEnd::crlf, limits::kCommandLineBeforeLogin, "kCommandLineBeforeLogin") {
    std::string greeting = "+OK " + options.host_name + " POP3 ready";
    // Who may not log in before TLS is given no timestamp to do so; after STLS there is no second greeting.
    if (!options.tls_active && !options.login_without_tls) options.apop_timestamp.clear();
    if (!options.apop_timestamp.empty()) greeting += ' ' + options.apop_timestamp;
    reply(greeting);
}

void ServerSession::Impl::reply(std::string_view line) {
    if (language != Language::english) {
        const std::string translated = translate_status(language, line);
        return reply_as_it_is(translated);
    }
    reply_as_it_is(line);
}

void ServerSession::Impl::reply_as_it_is(std::string_view line) {
    output += line;
    output += "\r\n";
    if (options.trace != nullptr) options.trace->server_line(line);
}

void ServerSession::Impl::refuse(std::string_view line) {
    reply(line);
    if (++hard_errors < limits::kHardErrors) return;
    reply("-ERR Too many bad commands, closing");
    end(Error{Errc::limit, "more bad commands than kHardErrors (" + std::to_string(limits::kHardErrors) + ")"});
}

void ServerSession::Impl::end(std::optional<Error> error) {
    failure = std::move(error);
    state = State::over;
    awaiting = Awaiting::nothing;
    listing = Listing::none;
    mechanism.reset();
    tls_pending = false;
    input.clear();
}

ServerStep ServerSession::Impl::next() {
    while (true) {
        if (output.size() >= kOutputPiece) return wire::Output{std::exchange(output, {})};
        if (event) {
            ServerStep step = std::move(*event);
            event.reset();
            return step;
        }
        if (listing != Listing::none) {
            continue_listing();
            continue;
        }
        const bool may_read = awaiting == Awaiting::nothing && state != State::over && state != State::tls;
        if (may_read && stopping) {
            reply("-ERR [SYS/TEMP] Server shutting down");
            end(std::nullopt);
            continue;
        }
        if (may_read) {
            const auto line = framer.next(input);
            if (!line) {
                reply("-ERR Line too long, closing");
                end(line.error());
                continue;
            }
            if (*line) {
                on_line(**line);
                continue;
            }
        }
        if (!output.empty()) return wire::Output{std::exchange(output, {})};
        if (tls_pending) {
            tls_pending = false;
            return wire::StartTls{};
        }
        if (state == State::over) return failure ? ServerStep(wire::Failed{*failure}) : ServerStep(PeerQuit{});
        if (input.eof() && awaiting == Awaiting::nothing) {
            end(Error{Errc::protocol, "the client closed the connection without QUIT"});
            continue;
        }
        return wire::NeedInput{};
    }
}

// command = keyword *(SP argument) CRLF (RFC 1939 section 3); keywords are at most 4 characters in this server.
void ServerSession::Impl::on_line(std::string_view line) {
    if (mechanism) return on_auth_response(line);
    const std::size_t space = line.find(' ');
    const std::string keyword = ascii::to_upper(line.substr(0, space));
    const std::string_view argument = space == std::string_view::npos ? "" : line.substr(space + 1);
    if (options.trace != nullptr) options.trace->client_line(hide_secret(keyword, line));
    // A bare CR or LF, a NUL and their like never reach a user name, a log or a store.
    if (std::any_of(line.begin(), line.end(), ascii::is_control))
        return refuse("-ERR Control character in command");
    if (state == State::authorization) {
        if (++commands_before_login > limits::kCommandsBeforeLogin) {
            reply("-ERR Too many commands before login, closing");
            return end(Error{Errc::limit, "more commands before login than kCommandsBeforeLogin (" +
                                              std::to_string(limits::kCommandsBeforeLogin) + ")"});
        }
        on_authorization_command(keyword, argument);
    } else {
        on_transaction_command(keyword, argument);
    }
}

ServerSession::ServerSession(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

void ServerSession::feed(std::string_view octets) {
    if (impl_->state == Impl::State::over) return;
    // Dovecot CVE-2021-33515: what was sent in the clear must never be read as if it came through TLS.
    if (impl_->state == Impl::State::tls) {
        impl_->output.clear();
        return impl_->end(Error{Errc::protocol, "the client sent octets between STLS and the TLS handshake"});
    }
    impl_->input.append(octets);
}

void ServerSession::feed_eof() {
    impl_->input.set_eof();
    if (impl_->state == Impl::State::tls) {
        impl_->end(Error{Errc::protocol, "the client closed the connection before the TLS handshake"});
    }
}

void ServerSession::tls_started(sasl::ServerTls tls) {
    if (impl_->state != Impl::State::tls) return;
    impl_->state = Impl::State::authorization;
    impl_->options.tls_active = true;
    impl_->options.sasl.channel_binding = std::move(tls.channel_binding);
    impl_->options.sasl.has_certificate = tls.has_certificate;
    impl_->user.clear();
}

ServerStep ServerSession::next() {
    return impl_->next();
}

void ServerSession::login_keys(sasl::ScramKeys keys) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::login || !self.mechanism) return;
    self.awaiting = Impl::Awaiting::nothing;
    self.auth_step(self.mechanism->keys(std::move(keys)));
}

void ServerSession::login_accepted(std::vector<MaildropEntry> maildrop) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::login) return;
    self.awaiting = Impl::Awaiting::nothing;
    self.mechanism.reset();
    self.state = Impl::State::transaction;
    self.framer.set_limit(limits::kCommandLine, "kCommandLine");
    self.maildrop = std::move(maildrop);
    self.reset_deletions();
    self.reply("+OK " + std::to_string(self.messages) + " messages (" + std::to_string(self.octets) +
               " octets)");
}

void ServerSession::login_refused(LoginFailure why) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::login) return;
    self.awaiting = Impl::Awaiting::nothing;
    self.user.clear();
    const auto refusal =
        self.mechanism && why == LoginFailure::credentials ? self.mechanism->refusal() : std::nullopt;
    if (refusal) {
        self.auth_lost = true;
        return self.reply("+ " + encode_base64(*refusal));
    }
    self.mechanism.reset();
    switch (why) {
        case LoginFailure::credentials:
            return self.login_failed();
        case LoginFailure::in_use:
            return self.reply("-ERR [IN-USE] The mailbox is in use by another session");
        case LoginFailure::too_soon:
            return self.reply("-ERR [LOGIN-DELAY] Wait " + std::to_string(self.options.login_delay) +
                              " s between logins");
        case LoginFailure::temporary:
            return self.reply("-ERR [SYS/TEMP] The mailbox cannot be opened now");
    }
}

void ServerSession::message_data(std::string_view octets) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::message) return;
    self.begin_message();
    if (self.requested.is_top) octets = self.cutter.take(octets);
    self.message_octets += octets.size();
    self.encoder.append(octets, self.output);
}

bool ServerSession::message_wanted() const {
    return impl_->awaiting == Impl::Awaiting::message && !(impl_->requested.is_top && impl_->cutter.done());
}

void ServerSession::message_end() {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::message) return;
    self.begin_message();
    self.encoder.finish(self.output);
    self.awaiting = Impl::Awaiting::nothing;
    if (self.options.trace != nullptr) {
        self.options.trace->server_line("[" + std::to_string(self.message_octets) + " octets]");
    }
}

void ServerSession::message_failed(std::string_view why) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::message) return;
    const std::string text = terminal_text(why);
    if (!self.message_begun) {
        self.awaiting = Impl::Awaiting::nothing;
        return self.reply("-ERR [SYS/TEMP] " + text);
    }
    // The client can tell a cut connection from a whole message, and nothing else.
    self.end(Error{Errc::io, "message " + std::to_string(self.requested.index + 1) + " cut off: " + text});
}

void ServerSession::commit_done(bool all_deleted) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::commit) return;
    self.reply(all_deleted ? "+OK Bye" : "-ERR [SYS/TEMP] Some deleted messages were not removed");
    self.end(std::nullopt);
}

void ServerSession::shut_down() {
    impl_->stopping = true;
}

}  // namespace mailpipe::pop3
