#include <string>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/smtp/server_impl.hpp"

namespace mailpipe::smtp {

bool ServerSession::Impl::auth_offered() const {
    return options.auth_available && (options.tls_active || options.auth_without_tls);
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
// initial-response = base64 / "="   (RFC 4954 section 8)
void ServerSession::Impl::on_auth(std::string_view argument) {
    if (!options.auth_available) return refuse_command(502, "5.5.1", "AUTH is not available");
    if (!esmtp) return refuse_command(503, "5.5.1", "EHLO is expected first");
    if (authenticated) return refuse_command(503, "5.5.1", "Logged in already");
    if (has_sender) return refuse_command(503, "5.5.1", "Not inside a transaction");
    if (!auth_offered()) return refuse_command(538, "5.7.11", "TLS is required before AUTH");
    const auto words = ascii::split_words(argument);
    if (words.empty() || words.size() > 2) return refuse_command(501, "5.5.4", "AUTH takes a mechanism");
    mechanism = sasl::make_server(words[0], options.sasl);
    if (!mechanism) return refuse_command(504, "5.5.4", "Mechanism is not known");
    auth_lost = false;
    state = State::auth_line;
    if (words.size() == 1) return auth_message(std::nullopt);
    auth_message(words[1] == "=" ? std::string_view() : words[1]);
}

void ServerSession::Impl::auth_line(std::string_view line) {
    if (options.trace != nullptr) options.trace->client_line(line == "*" ? line : "***");
    if (auth_lost) return auth_failed();
    if (line != "*") return auth_message(line);
    state = State::command;
    mechanism.reset();
    refuse_command(501, "5.7.0", "AUTH is abandoned");
}

void ServerSession::Impl::auth_message(std::optional<std::string_view> encoded) {
    std::optional<std::string> message;
    if (encoded) {
        message = decode_base64(*encoded);
        if (!message) {
            state = State::command;
            mechanism.reset();
            return refuse_command(501, "5.5.2", "Response is not base64");
        }
    }
    auto step = mechanism->step(message ? std::optional<std::string_view>(*message) : std::nullopt);
    if (message) wipe(*message);
    auth_step(std::move(step));
}

void ServerSession::Impl::auth_step(Result<sasl::Server::Step> step) {
    if (step && !step->asks) {
        state = State::auth_line;
        return respond(334, "", encode_base64(step->challenge));
    }
    state = State::auth_answer;
    if (step) {
        events.emplace_back(AuthRequested{std::move(step->request)});
        return;
    }
    switch (step.error().kind) {
        case Errc::auth:
            // maddy CVE-2023-27582: nobody acts for another user, whatever the password.
            return auth_failed();
        case Errc::limit:
            state = State::command;
            mechanism.reset();
            return refuse_command(500, "5.5.6", "Response is too long");
        default:
            state = State::command;
            mechanism.reset();
            return refuse_command(501, "5.5.2", "Response is malformed");
    }
}

void ServerSession::Impl::auth_keys(sasl::ScramKeys keys) {
    if (state == State::auth_answer && mechanism) auth_step(mechanism->keys(std::move(keys)));
}

void ServerSession::Impl::auth_accepted() {
    if (state != State::auth_answer) return;
    state = State::command;
    mechanism.reset();
    authenticated = true;
    respond(235, "2.7.0", "Logged in");
}

void ServerSession::Impl::auth_refused(bool temporary) {
    if (state != State::auth_answer) return;
    if (temporary) {
        state = State::command;
        mechanism.reset();
        return respond(454, "4.7.0", "Login is not possible now");
    }
    const auto refusal = mechanism->refusal();
    if (!refusal) return auth_failed();
    auth_lost = true;
    state = State::auth_line;
    respond(334, "", encode_base64(*refusal));
}

void ServerSession::Impl::auth_failed() {
    state = State::command;
    mechanism.reset();
    auth_lost = false;
    if (++auth_failures < limits::kAuthFailures)
        return refuse_command(535, "5.7.8", "User name or password is wrong");
    respond(535, "5.7.8", "User name or password is wrong");
    end_with(
        Reply{421, "4.7.0", {"Too many failed logins"}},
        Error{Errc::auth, "peer failed kAuthFailures (" + std::to_string(limits::kAuthFailures) + ") logins"});
}

}  // namespace mailpipe::smtp
