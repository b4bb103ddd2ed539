#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/pop3/server_impl.hpp"

namespace mailpipe::pop3 {
namespace {

constexpr std::size_t kApopDigest = 32;

}  // namespace

void ServerSession::Impl::on_authorization_command(std::string_view keyword, std::string_view argument) {
    if (keyword == "CAPA") return capa();
    if (keyword == "QUIT") {
        reply("+OK Bye");
        return end(std::nullopt);
    }
    if (keyword == "STLS") return on_stls(argument);
    if (keyword == "USER") {
        if (!login_possible()) return;
        if (argument.empty() || !is_utf8(argument)) return refuse("-ERR USER needs a name");
        user = argument;
        return reply("+OK");
    }
    if (keyword == "PASS") return on_pass(argument);
    if (keyword == "APOP") return on_apop(argument);
    if (keyword == "AUTH") return on_auth(argument);
    if (keyword == "UTF8") return on_utf8(argument);
    if (keyword == "LANG") return on_lang(argument);
    refuse("-ERR Unknown command, or not before login");
}

bool ServerSession::Impl::login_possible() {
    if (options.tls_active || options.login_without_tls) return true;
    refuse(options.tls_available ? "-ERR Use STLS first" : "-ERR Login is not possible without TLS");
    return false;
}

void ServerSession::Impl::on_pass(std::string_view password) {
    if (!login_possible()) return;
    if (user.empty()) return refuse("-ERR USER first");
    if (password.empty()) return refuse("-ERR PASS needs a password");
    sasl::ServerRequest request;
    request.mechanism = "USER";
    request.user = user;
    request.password = Secret(std::string(password));
    request_login(std::move(request));
}

// apop = "APOP" SP name SP digest (RFC 1939 section 7)
void ServerSession::Impl::on_apop(std::string_view argument) {
    if (!login_possible()) return;
    if (options.apop_timestamp.empty()) return refuse("-ERR APOP is not available");
    const std::size_t space = argument.rfind(' ');
    if (space == std::string_view::npos || space == 0) return refuse("-ERR APOP needs a name and a digest");
    const std::string_view name = argument.substr(0, space);
    std::string digest = ascii::to_lower(argument.substr(space + 1));
    const bool is_hex = std::all_of(digest.begin(), digest.end(),
                                    [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
    if (digest.size() != kApopDigest || !is_hex || !is_utf8(name)) {
        return refuse("-ERR APOP needs a name and a digest");
    }
    sasl::ServerRequest request;
    request.kind = sasl::ServerRequest::Kind::apop;
    request.mechanism = "APOP";
    request.user = name;
    request.challenge = options.apop_timestamp;
    request.digest = std::move(digest);
    request_login(std::move(request));
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response]; initial-response = base64 / "=" (RFC 5034 section
// 4)
void ServerSession::Impl::on_auth(std::string_view argument) {
    if (!login_possible()) return;
    const std::size_t space = argument.find(' ');
    mechanism = sasl::make_server(argument.substr(0, space), options.sasl);
    if (!mechanism) return refuse("-ERR Unknown SASL mechanism");
    auth_lost = false;
    if (space == std::string_view::npos) return auth_message(std::nullopt);
    const std::string_view initial = argument.substr(space + 1);
    if (initial == "=") return auth_message("");
    auto message = decode_base64(initial);
    if (!message || message->empty()) {
        mechanism.reset();
        return refuse("-ERR The initial response is not base64");
    }
    auth_message(*message);
    wipe(*message);
}

void ServerSession::Impl::on_auth_response(std::string_view line) {
    if (options.trace != nullptr) options.trace->client_line(line == "*" ? "*" : "***");
    if (auth_lost) {
        mechanism.reset();
        return login_failed();
    }
    auto message = decode_base64(line);
    if (line == "*" || !message) {
        mechanism.reset();
        return refuse(line == "*" ? "-ERR Authentication cancelled" : "-ERR The response is not base64");
    }
    auth_message(*message);
    wipe(*message);
}

void ServerSession::Impl::auth_message(std::optional<std::string_view> message) {
    auth_step(mechanism->step(message));
}

void ServerSession::Impl::auth_step(Result<sasl::Server::Step> step) {
    if (step && step->asks) return request_login(std::move(step->request));
    if (step) return reply("+ " + encode_base64(step->challenge));
    mechanism.reset();
    if (step.error().kind == Errc::auth) return login_failed();
    refuse("-ERR The response is malformed");
}

void ServerSession::Impl::on_stls(std::string_view argument) {
    if (options.tls_active) return refuse("-ERR TLS is active already");
    if (!options.tls_available || !argument.empty()) return refuse("-ERR STLS is not available");
    // Dovecot CVE-2021-33515: commands that were sent in the clear behind STLS.
    if (!input.empty()) {
        return end(Error{Errc::protocol, "the client sent octets behind STLS before the TLS handshake"});
    }
    reply("+OK Begin TLS negotiation");
    state = State::tls;
    tls_pending = true;
}

void ServerSession::Impl::capa() {
    reply("+OK Capability list follows");
    reply("TOP");
    reply("UIDL");
    reply("PIPELINING");
    reply("RESP-CODES");
    reply("AUTH-RESP-CODE");
    reply("UTF8 USER");
    reply("LANG");
    reply("EXPIRE " + (options.expire_days ? std::to_string(*options.expire_days) : "NEVER"));
    if (options.login_delay > 0) reply("LOGIN-DELAY " + std::to_string(options.login_delay));
    if (options.tls_active || options.login_without_tls) {
        reply("USER");
        std::string line = "SASL";
        for (std::string_view name : sasl::offered_mechanisms(options.sasl))
            line += ' ' + std::string(name);
        reply(line);
    }
    if (state == State::authorization && options.tls_available && !options.tls_active) reply("STLS");
    reply("IMPLEMENTATION mailpipe");
    reply(".");
}

// utf8-cmd = "UTF8" CRLF (RFC 6856 section 2.1)
void ServerSession::Impl::on_utf8(std::string_view argument) {
    if (!argument.empty()) return refuse("-ERR Unknown command, or too many arguments");
    reply("+OK UTF8 enabled");
}

// lang-cmd = "LANG" [SP lang-range] CRLF (RFC 6856 section 3.1)
void ServerSession::Impl::on_lang(std::string_view argument) {
    if (argument.empty()) {
        reply("+OK Language listing follows");
        for (std::size_t i = 0; !language_listing(i).empty(); ++i)
            reply(language_listing(i));
        return reply(".");
    }
    const auto found = find_language(argument);
    if (!found) return refuse("-ERR Unknown language");
    language = *found;
    const std::string tag(tag_of(language));
    reply("+OK " + tag + (language == Language::german ? " Sprache ist Deutsch" : " Language is English"));
}

void ServerSession::Impl::request_login(sasl::ServerRequest request) {
    awaiting = Awaiting::login;
    event = LoginRequested{std::move(request)};
}

void ServerSession::Impl::login_failed() {
    reply("-ERR [AUTH] Authentication failed");
    if (++auth_failures < limits::kAuthFailures) return;
    reply("-ERR Too many failed logins, closing");
    end(Error{Errc::limit,
              "more failed logins than kAuthFailures (" + std::to_string(limits::kAuthFailures) + ")"});
}

}  // namespace mailpipe::pop3
