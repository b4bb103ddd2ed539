#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {

// login = "LOGIN" SP userid SP password        userid = astring        password = astring
void Session::Impl::on_login(CommandReader& in) {
    sasl::ServerRequest request;
    request.mechanism = "LOGIN";
    Result<void> error = in.space();
    if (error) read_into(in.astring("userid"), request.user, error);
    if (error) error = in.space();
    std::string password;
    if (error) read_into(in.astring("password"), password, error);
    if (error) error = in.end();
    const bool usable = is_utf8(request.user) && !request.user.empty() &&
                        std::none_of(request.user.begin(), request.user.end(), ascii::is_control);
    request.password = Secret(password);
    wipe(password);
    if (!error) return refuse(error.error(), std::nullopt);
    if (!usable) return login_failed();
    request_login(std::move(request));
}

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)        initial-resp = base64 / "="
void Session::Impl::on_authenticate(CommandReader& in) {
    Result<void> error = in.space();
    std::string name;
    if (error) read_into(in.keyword("auth-type"), name, error);
    if (!error) return refuse(error.error(), std::nullopt);
    std::optional<std::string> initial;
    if (context().offers("SASL-IR") && in.take(' ')) {
        initial = in.rest();
        in.skip(initial->size());
    }
    if (error = in.end(); !error) return refuse(error.error(), std::nullopt);
    mechanism = mechanism_masked(options, name) ? nullptr : sasl::make_server(name, options.sasl);
    if (!mechanism) return tagged(Completion::no, "", "Mechanism is not known");
    auth_lost = false;
    reading = Reading::auth;
    if (!initial) return auth_step(mechanism->step(std::nullopt));
    auto message = *initial == "=" ? std::string() : decode_base64(*initial);
    const bool usable = message && (!message->empty() || *initial == "=");
    wipe(*initial);
    if (!usable) return tagged(Completion::bad, "", "Initial response is not base64");
    auth_step(mechanism->step(*message));
    wipe(*message);
}

void Session::Impl::auth_line(std::string_view text) {
    trace_client(text == "*" ? "*" : "***");
    if (auth_lost) return login_failed();
    if (text == "*") return tagged(Completion::bad, "", "Authentication is cancelled");
    auto message = decode_base64(text);
    if (!message) return tagged(Completion::bad, "", "Response is not base64");
    auth_step(mechanism->step(*message));
    wipe(*message);
}

void Session::Impl::auth_step(Result<sasl::Server::Step> step) {
    if (step && step->asks) return request_login(std::move(step->request));
    if (step) return line("+ " + encode_base64(step->challenge));
    if (step.error().kind == Errc::auth) return login_failed();
    tagged(Completion::bad, "", "Response is malformed");
}

void Session::Impl::request_login(sasl::ServerRequest request) {
    awaiting = Awaiting::login;
    events.emplace_back(LoginRequested{std::move(request)});
}

void Session::Impl::login_accepted() {
    state = State::authenticated;
    framer.set_limit(limits::kCommandLine);
    tagged(Completion::ok, encode_capabilities(options, Phase::after_login), "Logged in");
}

void Session::Impl::login_refused(LoginFailure why) {
    const auto refusal = mechanism && why == LoginFailure::credentials ? mechanism->refusal() : std::nullopt;
    if (refusal) {
        awaiting = Awaiting::nothing;
        auth_lost = true;
        return line("+ " + encode_base64(*refusal));
    }
    switch (why) {
        case LoginFailure::credentials:
            return login_failed();
        case LoginFailure::in_use:
            return tagged(Completion::no, "INUSE", "Too many sessions of this user");
        case LoginFailure::temporary:
            return tagged(Completion::no, "UNAVAILABLE", "Login is not possible now");
    }
}

void Session::Impl::login_failed() {
    tagged(Completion::no, "AUTHENTICATIONFAILED", "User name or password is wrong");
    if (++auth_failures < limits::kAuthFailures) return;
    say_bye("", "Too many failed logins",
            Error{Errc::limit,
                  "more failed logins than kAuthFailures (" + std::to_string(limits::kAuthFailures) + ")"});
}

void Session::Impl::on_starttls(CommandReader& in) {
    if (!needs_end(in)) return;
    if (options.tls_active) return tagged(Completion::bad, "", "TLS is active already");
    if (!options.tls_available) return tagged(Completion::no, "", "TLS is not available");
    // Dovecot CVE-2021-33515: commands that were sent in the clear behind STARTTLS.
    if (!input.empty()) {
        return end(Error{Errc::protocol, "the client sent octets behind STARTTLS before the TLS handshake"});
    }
    tagged(Completion::ok, "", "Begin TLS");
    reading = Reading::tls;
    tls_pending = true;
}

}  // namespace mailpipe::imap::server
