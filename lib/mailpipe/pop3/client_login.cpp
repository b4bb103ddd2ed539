#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/pop3/client_impl.hpp"

namespace mailpipe::pop3 {

// What USER and PASS cannot carry; the SASL mechanisms check again by their own rules.
void ClientSession::Impl::check_credentials() {
    const std::string_view password = options.password.reveal();
    if (options.user.empty()) return fail_with(Errc::auth, "no user name to log in with");
    if (password.empty() && !sasl::credentials(options, "pop").may_lack_secret())
        return fail_with(Errc::auth, "no password to log in with");
    if (std::any_of(options.user.begin(), options.user.end(), ascii::is_control)) {
        return fail_with(Errc::auth, "the user name contains a control character");
    }
    if (password.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
        return fail_with(Errc::auth, "the password contains a NUL or a line end");
    }
    if (options.user.size() + password.size() > limits::kCommandLineBeforeLogin / 2) {
        return fail_with(Errc::limit, "user name and password are longer than kCommandLineBeforeLogin allows");
    }
}

void ClientSession::Impl::on_login_line(std::string_view line) {
    if (part == Part::capabilities) return on_capability(line);
    if (phase == Phase::sasl && !line.empty() && line[0] == '+' && (line.size() == 1 || line[1] == ' ')) {
        return on_challenge(line);
    }
    const auto reply = parse_status(line);
    if (!reply) {
        return fail_with(Errc::protocol, awaited() + " is neither +OK nor -ERR: " + quote(line));
    }
    switch (phase) {
        case Phase::greeting:
            on_greeting(*reply);
            break;
        case Phase::capa:
            // A server older than RFC 2449 has no CAPA, and nothing that CAPA would list.
            if (reply->ok) {
                part = Part::capabilities;
            } else {
                after_capabilities();
            }
            break;
        case Phase::stls:
            if (!reply->ok) return fail_with(refused(*reply, Errc::unsupported, "STLS refused"));
            // Exim CVE-2021-38371, curl CVE-2021-22947.
            if (!input.empty()) {
                return fail_with(Errc::protocol, "the server sent octets behind its answer to STLS");
            }
            phase = Phase::tls;
            tls_pending = true;
            break;
        case Phase::settings:
            // A server that refuses is asked for its messages all the same, and may refuse those that need it.
            --settings_sent;
            next_settings();
            break;
        default:
            on_login_reply(*reply);
            break;
    }
    // Nothing was asked yet that such octets could answer.
    if (!failure && part == Part::none && phase != Phase::ready && settings_sent == 0 && !input.empty()) {
        fail_with(Errc::protocol, "the server sent more than was asked for before " + awaited());
    }
}

void ClientSession::Impl::on_greeting(const StatusReply& reply) {
    if (!reply.ok) return fail_with(refused(reply, Errc::unavailable, "the server refuses connections"));
    timestamp = find_timestamp(reply.text);
    phase = Phase::capa;
    send("CAPA", "CAPA");
}

void ClientSession::Impl::on_capability(std::string_view line) {
    if (line == ".") {
        part = Part::none;
        after_capabilities();
        if (!failure && !input.empty()) {
            fail_with(Errc::protocol, "the server sent more than was asked for before " + awaited());
        }
        return;
    }
    if (++capability_lines > limits::kCapabilities) {
        return fail_with(Errc::limit, "the answer to CAPA has more than kCapabilities (" +
                                          std::to_string(limits::kCapabilities) + ") lines");
    }
    if (!line.empty() && line[0] == '.') line.remove_prefix(1);
    capabilities.add(line);
}

void ClientSession::Impl::after_capabilities() {
    if (options.tls != TlsUse::starttls || tls_on) {
        choose_settings();
        return next_settings();
    }
    // fetchmail CVE-2021-39272, curl CVE-2021-22946: no credential without the TLS that was asked for.
    if (!capabilities.stls) {
        return fail_with(Errc::unsupported,
                         "the server does not offer STLS; use pop3s:// when it has TLS from the start");
    }
    phase = Phase::stls;
    send("STLS", "STLS");
}

// RFC 6856 section 2: UTF8 only before the login, and without it a server may give out substitutes for messages with
// UTF-8 in their headers. Section 3: LANG before it, so that a refused login is said in that language.
void ClientSession::Impl::choose_settings() {
    settings.clear();
    if (capabilities.utf8) settings.emplace_back("UTF8");
    const std::string_view language = options.language;
    const bool is_english = ascii::equals_ignore_case(language.substr(0, language.find('-')), "en");
    if (capabilities.lang && !language.empty() && !is_english) settings.push_back("LANG " + options.language);
}

void ClientSession::Impl::next_settings() {
    if (settings_sent > 0) return;
    if (settings.empty()) return start_login();
    phase = Phase::settings;
    do {
        send(settings.front(), settings.front());
        settings.pop_front();
        ++settings_sent;
    } while (capabilities.pipelining && !settings.empty());
}

void ClientSession::Impl::start_tls() {
    if (failure || phase != Phase::tls) return;
    tls_on = true;
    // Nothing that was said in the clear counts any more, the timestamp of the greeting included.
    capabilities = {};
    capability_lines = 0;
    timestamp.clear();
    phase = Phase::capa;
    send("CAPA", "CAPA");
}

void ClientSession::Impl::start_login() {
    const bool plaintext = tls_on || options.allow_plaintext_auth;
    mechanism = sasl::choose_client(capabilities.sasl, sasl::credentials(options, "pop"), plaintext);
    const bool is_login = mechanism != nullptr && mechanism->name() == "LOGIN";
    if (mechanism != nullptr && !(is_login && capabilities.user)) {
        // No initial response: servers of RFC 1734 list SASL in CAPA as well and do not take one.
        phase = Phase::sasl;
        const std::string line = "AUTH " + std::string(mechanism->name());
        return send(line, line);
    }
    if (options.password_is_token) return fail_with(Errc::auth, std::string(sasl::kNoTokenMechanism));
    if (options.password.reveal().empty()) return fail_with(Errc::auth, std::string(sasl::kNoPassword));
    if (plaintext) {
        phase = Phase::user;
        const std::string line = "USER " + options.user;
        return send(line, line);
    }
    if (timestamp.empty()) {
        return fail_with(Errc::auth,
                         "without TLS the server offers no login that hides the password; use TLS or "
                         "--allow-plaintext-auth");
    }
    phase = Phase::apop;
    const std::string line = "APOP " + options.user + " ";
    const std::string digest = sasl::apop_digest(timestamp, options.password);
    redactor.add(digest);
    send(line + digest, line + "***");
}

// continue-req = "+" SP [base64] CRLF (RFC 5034 section 4); some servers leave the space out.
void ClientSession::Impl::on_challenge(std::string_view line) {
    const auto challenge = decode_base64(ascii::trim(line.substr(1)));
    if (!challenge) return fail_with(Errc::protocol, "AUTH: the server's challenge is not base64");
    auto answer = mechanism->respond(*challenge);
    if (!answer) return fail_with(answer.error());
    if (*answer != options.user) redactor.add(*answer);
    std::string encoded = encode_base64(*answer);
    send(encoded, "***");
    wipe(encoded);
    wipe(*answer);
}

void ClientSession::Impl::on_login_reply(const StatusReply& reply) {
    if (!reply.ok && phase == Phase::sasl && sasl::is_binding_refusal(mechanism->name(), reply.text)) {
        options.channel_binding.clear();
        return start_login();
    }
    if (!reply.ok) return fail_with(refused(reply, Errc::auth, "login refused"));
    if (phase == Phase::user) {
        phase = Phase::pass;
        std::string line = "PASS ";
        line += options.password.reveal();
        send(line, "PASS ***");
        return wipe(line);
    }
    if (phase == Phase::sasl && !mechanism->complete()) {
        return fail_with(Errc::protocol, "AUTH: the server reports success before the exchange is complete");
    }
    mechanism.reset();
    phase = Phase::ready;
    ready_pending = true;
}

}  // namespace mailpipe::pop3
