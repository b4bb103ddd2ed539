#include <algorithm>
#include <array>

#include "mailpipe/app/config/import_rc_accounts.hpp"
#include "mailpipe/base/ascii.hpp"

// mpop(1), section "CONFIGURATION FILES".
namespace mailpipe::app::config {
namespace {

constexpr std::string_view kMechanism = "the safest mechanism that the server offers is used";
constexpr std::string_view kTls = "TLS 1.2 and newer are used, with the system's choice of ciphers";

constexpr std::array kCommands{
    RcCommand{"host", ""},
    RcCommand{"port", ""},
    RcCommand{"user", ""},
    RcCommand{"password", ""},
    RcCommand{"passwordeval", ""},
    RcCommand{"proxy_host", ""},
    RcCommand{"proxy_port", ""},
    RcCommand{"timeout", ""},
    RcCommand{"tls", ""},
    RcCommand{"tls_starttls", ""},
    RcCommand{"tls_trust_file", ""},
    RcCommand{"delivery", ""},
    RcCommand{"keep", ""},
    RcCommand{"skipsize", ""},
    RcCommand{"eval", "a command takes no part in reading the file; write what it prints"},
    RcCommand{"source_ip", "the system's routes are used"},
    RcCommand{"socket", "write a tunnel to it"},
    RcCommand{"pipelining", "commands are pipelined where the server offers it"},
    RcCommand{"auth", kMechanism},
    RcCommand{"ntlmdomain", kMechanism},
    RcCommand{"tls_crl_file", "there are no revocation lists"},
    RcCommand{"tls_fingerprint", "that is of the certificate; pin-sha256 takes the SHA-256 of its public key"},
    RcCommand{"tls_key_file", ""},
    RcCommand{"tls_cert_file", ""},
    RcCommand{"tls_certcheck", "chain and name are always checked, or a key with pin-sha256"},
    RcCommand{"tls_priorities", kTls},
    RcCommand{"tls_min_dh_prime_bits", kTls},
    RcCommand{"tls_host_override", "the name is that of the URL"},
    RcCommand{"received_header", "messages are kept octet for octet"},
    RcCommand{"uidls_file", "mail-fetch keeps its own record; see --state"},
    RcCommand{"only_new", "each message is fetched once"},
    RcCommand{"killsize", "nothing is deleted that was not delivered here"},
    RcCommand{"filter", "see --search, or filter what arrives"},
};

// delivery = ("mda" command) / ("maildir" path) / ("mbox" path) / ("exchange" path)
void write_delivery(std::string_view text, Import::Account& out) {
    const std::size_t space = std::min(text.find_first_of(" \t"), text.size());
    const std::string method(text.substr(0, space));
    std::string_view rest = ascii::trim(text.substr(space));
    if (rest.size() > 1 && rest.front() == '"' && rest.back() == '"') rest = rest.substr(1, rest.size() - 2);
    if (method == "maildir" || method == "mbox") {
        out.set("to", make_store(method, rest));
    } else if (method == "mda") {
        out.set("to", "pipe:" + std::string(rest));
        if (rest.find("%F") != std::string_view::npos)
            out.note("No equivalent of %F, the sender, in the command; write it without.");
    } else if (method.empty()) {
        out.note("It says nothing of where mail goes; mail-fetch writes it to standard output.");
    } else {
        out.disable("No equivalent of that delivery; there are maildir:, mbox:, pipe:, smtp: and lmtp:.");
    }
}

void write(const RcAccount& account, Import& import) {
    const RcSettings& settings = account.settings;
    Import::Account& out = import.add(account.name);
    for (const std::string& note : account.notes)
        out.note(note);
    const bool tls = write_rc_tls(settings, "mpop", out);
    const bool starttls = is_on(value_of(settings, "tls_starttls"));
    const auto port = ascii::parse_number(value_of(settings, "port"));
    out.set("source", make_url(tls && !starttls ? "pop3s" : "pop3", value_of(settings, "user"),
                               value_of(settings, "host"), port.value_or(0)));
    write_rc_client(settings, out);
    if (const auto octets = ascii::parse_number(value_of(settings, "skipsize")); octets && *octets != 0)
        out.set_number("max-size", *octets);
    write_delivery(value_of(settings, "delivery"), out);
    const bool keep = settings.contains("keep") && is_on(value_of(settings, "keep"));
    // Without a destination nothing may be deleted.
    out.set_flag(keep || !settings.contains("delivery") ? "keep" : "delete", true);
}

}  // namespace

void import_mpoprc(std::string_view text, Import& import) {
    read_rc_accounts(text, "mpop", kCommands, import,
                     [&import](const RcAccount& account) { write(account, import); });
}

}  // namespace mailpipe::app::config
