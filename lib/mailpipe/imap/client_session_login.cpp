#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
// greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
void ClientSession::Impl::on_greeting(std::string_view status, const ResponseText& text) {
    greeted = true;
    if (ascii::equals_ignore_case(status, "BYE")) {
        return fail_with(refused("the server refuses the connection", text, Errc::unavailable));
    }
    if (ascii::equals_ignore_case(status, "PREAUTH")) {
        // CVE-2020-14093, CVE-2021-39272: after PREAUTH there is no STARTTLS, so an attacker in the path needs
        // only this word to keep a connection in the clear.
        if (options.tls == TlsUse::starttls) {
            return fail_with(Errc::unsupported,
                             "PREAUTH greeting: STARTTLS is required and not possible any more");
        }
        if (!options.user.empty() && !options.accept_preauth) {
            return fail_with(Errc::auth, "PREAUTH greeting: the server has logged us in as somebody, not as " +
                                             options.user);
        }
        logged_in = true;
    } else if (!ascii::equals_ignore_case(status, "OK")) {
        return fail_with(Errc::protocol, "malformed greeting: OK, PREAUTH or BYE expected");
    }
    take_code(text);
    advance_login();
}

void ClientSession::Impl::advance_login() {
    if (failed) return;
    if (!capabilities_known) return queue_text(Verb::capability, "CAPABILITY");
    if (options.tls == TlsUse::starttls && !tls_active) {
        if (!has_capability("STARTTLS"))
            return fail_with(Errc::unsupported, "STARTTLS is not offered by the server");
        return queue_text(Verb::starttls, "STARTTLS");
    }
    if (!logged_in) return authenticate();
    if (options.compress && !deflate && !compress_refused && has_capability("COMPRESS=DEFLATE"))
        return queue_text(Verb::compress, "COMPRESS DEFLATE");
    ready = true;
    events.push_back(Ready{capabilities});
}

void ClientSession::Impl::authenticate() {
    if (options.user.empty()) return fail_with(Errc::config, "the server wants a login, and no user was given");
    const bool plaintext_allowed = tls_active || options.allow_plaintext_auth;
    std::vector<std::string> mechanisms;
    for (const std::string& capability : capabilities) {
        if (capability.compare(0, 5, "AUTH=") == 0) mechanisms.push_back(capability.substr(5));
    }
    sasl = sasl::choose_client(mechanisms, sasl::credentials(options, "imap"), plaintext_allowed);
    if (!sasl) {
        if (!plaintext_allowed) {
            return fail_with(Errc::auth,
                             "the password is not sent without TLS, and the server offers no other login");
        }
        if (has_capability("LOGINDISABLED")) {
            return fail_with(Errc::auth,
                             "LOGIN is disabled by the server, and it offers no mechanism that we know");
        }
        if (options.password_is_token) return fail_with(Errc::auth, std::string(sasl::kNoTokenMechanism));
        if (options.password.reveal().empty()) return fail_with(Errc::auth, std::string(sasl::kNoPassword));
        return send_login(literal_use());
    }
    PendingCommand& command = queue(Verb::authenticate);
    const std::string line = command.tag + " AUTHENTICATE " + std::string(sasl->name());
    if (!sasl->initial_response() || !has_capability("SASL-IR")) {
        command.chunks.push_back({line + "\r\n", line});
        return;
    }
    const auto first = sasl->respond({});
    if (!first) return fail_with(first.error());
    // RFC 4959 section 3: "=" is the empty response.
    command.chunks.push_back(
        {line + " " + (first->empty() ? "=" : encode_base64(*first)) + "\r\n", line + " ***"});
    redactor.add(*first);
}

void ClientSession::Impl::send_login(LiteralUse literals) {
    PendingCommand& command = queue(Verb::login);
    CommandEncoder encoder(literals);
    encoder.text(command.tag + " LOGIN ");
    if (const auto user = encoder.string(options.user); !user) return fail_with(user.error());
    encoder.text(" ");
    if (const auto password = encoder.string(options.password.reveal(), true); !password) {
        return fail_with(password.error());
    }
    command.chunks = encoder.finish();
}

// continue-req = "+" SP (resp-text / base64) CRLF
void ClientSession::Impl::on_challenge(std::string_view encoded) {
    // A server that goes on after the exchange was cancelled gets no second answer.
    if (sasl_error) return fail_with(std::move(*sasl_error));
    Result<std::string> answer = fail(Errc::protocol, "malformed challenge: base64 expected");
    if (encoded.size() / 4 * 3 > limits::kSaslMessage) {
        answer = fail(Errc::limit, "challenge longer than kSaslMessage (" +
                                       std::to_string(limits::kSaslMessage) + " octets)");
    } else if (const auto challenge = decode_base64(ascii::trim(encoded))) {
        answer = sasl->respond(*challenge);
    }
    if (answer) {
        if (options.trace != nullptr) options.trace->client_line("***");
        if (*answer != options.user) redactor.add(*answer);
        output += encode_base64(*answer) + "\r\n";
    } else {
        sasl_error = answer.error();
        if (options.trace != nullptr) options.trace->client_line("*");
        output += "*\r\n";
    }
}

void ClientSession::Impl::on_login_step_done(const PendingCommand& command, std::string_view status,
                                             const ResponseText& text) {
    if (sasl_error) return fail_with(std::move(*sasl_error));
    if (command.verb == Verb::compress) return on_compressed(status);
    const bool is_login = command.verb == Verb::authenticate || command.verb == Verb::login;
    if (command.verb == Verb::authenticate && ascii::equals_ignore_case(status, "NO") &&
        sasl::is_binding_refusal(sasl->name(), text.text)) {
        options.channel_binding.clear();
        return authenticate();
    }
    if (!ascii::equals_ignore_case(status, "OK")) {
        const bool no = ascii::equals_ignore_case(status, "NO");
        const Errc otherwise = !no ? Errc::protocol : is_login ? Errc::auth : Errc::unsupported;
        return fail_with(refused(is_login ? "login refused" : std::string(name_of(command.verb)) + " refused",
                                 text, otherwise));
    }
    if (command.verb == Verb::starttls) {
        // CVE-2021-22947 and its like: what came in the clear must never be taken for an answer inside of TLS.
        if (!input.empty()) {
            return fail_with(Errc::protocol, "octets behind the reply to STARTTLS before the TLS handshake");
        }
        tls_wanted = true;
        return;
    }
    if (is_login) {
        if (sasl && !sasl->complete()) {
            return fail_with(Errc::protocol, "the server reports a login before the exchange was complete");
        }
        sasl.reset();
        logged_in = true;
        capabilities_known = false;
    }
    take_code(text);
    if (command.verb == Verb::capability && !capabilities_known) {
        return fail_with(Errc::protocol, "CAPABILITY was answered without a list of capabilities");
    }
    advance_login();
}

void ClientSession::Impl::on_tls_started() {
    if (!tls_pending) return;
    tls_pending = false;
    tls_active = true;
    // RFC 3501 section 6.2.1: what was offered in the clear is forgotten.
    capabilities_known = false;
    capabilities.clear();
    enabled.clear();
    advance_login();
}

// Behind the OK everything is compressed, in both directions (RFC 4978 section 3). A server that says NO is used as it
// is: TLS may compress already.
void ClientSession::Impl::on_compressed(std::string_view status) {
    if (ascii::equals_ignore_case(status, "OK")) {
        deflate = std::make_unique<wire::Deflate>();
        deflate->feed(input.view());
        input.consume(input.view().size());
    } else {
        compress_refused = true;
    }
    advance_login();
}

void ClientSession::Impl::set_capabilities(std::string_view list) {
    const auto words = ascii::split_words(list);
    if (words.size() > limits::kCapabilities) {
        return fail_with(Errc::limit, "more capabilities than kCapabilities (" +
                                          std::to_string(limits::kCapabilities) + ")");
    }
    capabilities.clear();
    for (const std::string_view word : words)
        capabilities.push_back(ascii::to_upper(word));
    capabilities_known = true;
}

bool ClientSession::Impl::has_capability(std::string_view name) const {
    for (const std::string& capability : capabilities) {
        if (capability == name) return true;
    }
    return false;
}

}  // namespace mailpipe::imap
