#include <array>

#include "mailpipe/app/config/import_rc_accounts.hpp"
#include "mailpipe/base/ascii.hpp"

// msmtp(1), section "CONFIGURATION FILES".
namespace mailpipe::app::config {
namespace {

constexpr std::string_view kMechanism = "the safest mechanism that the server offers is used";
constexpr std::string_view kTls = "TLS 1.2 and newer are used, with the system's choice of ciphers";
constexpr std::string_view kReceipts =
    "mail-send prints a receipt for each message; write that where you want it";
constexpr std::string_view kHeader = "the message is sent as it is";

constexpr std::array kCommands{
    RcCommand{"host", ""},
    RcCommand{"port", ""},
    RcCommand{"protocol", ""},
    RcCommand{"auth", ""},
    RcCommand{"user", ""},
    RcCommand{"password", ""},
    RcCommand{"passwordeval", ""},
    RcCommand{"from", ""},
    RcCommand{"proxy_host", ""},
    RcCommand{"proxy_port", ""},
    RcCommand{"timeout", ""},
    RcCommand{"tls", ""},
    RcCommand{"tls_starttls", ""},
    RcCommand{"tls_trust_file", ""},
    RcCommand{"tls_key_file", ""},
    RcCommand{"tls_cert_file", ""},
    RcCommand{"eval", "a command takes no part in reading the file; write what it prints"},
    RcCommand{"source_ip", "see --source-address"},
    RcCommand{"socket", "write a tunnel to it, or lmtp:PATH as the server"},
    RcCommand{"domain", "see --helo"},
    RcCommand{"ntlmdomain", kMechanism},
    RcCommand{"tls_crl_file", "there are no revocation lists"},
    RcCommand{"tls_fingerprint", "that is of the certificate; pin-sha256 takes the SHA-256 of its public key"},
    RcCommand{"tls_certcheck", "chain and name are always checked, or a key with pin-sha256"},
    RcCommand{"tls_priorities", kTls},
    RcCommand{"tls_min_dh_prime_bits", kTls},
    RcCommand{"tls_host_override", "the name is that of the URL"},
    RcCommand{"from_full_name", kHeader},
    RcCommand{"allow_from_override", "-f is always taken"},
    RcCommand{"auto_from", "give from, or -f"},
    RcCommand{"maildomain", "give from, or -f"},
    RcCommand{"dsn_notify", "see --notify"},
    RcCommand{"dsn_return", "see --ret"},
    RcCommand{"set_from_header", kHeader},
    RcCommand{"set_date_header", kHeader},
    RcCommand{"set_msgid_header", kHeader},
    RcCommand{"add_missing_from_header", kHeader},
    RcCommand{"add_missing_date_header", kHeader},
    RcCommand{"undisclosed_recipients", kHeader},
    RcCommand{"remove_bcc_headers", "-t removes Bcc"},
    RcCommand{"keepbcc", "-t removes Bcc"},
    RcCommand{"aliases", "addresses are taken as they are"},
    RcCommand{"logfile", kReceipts},
    RcCommand{"logfile_time_format", kReceipts},
    RcCommand{"syslog", kReceipts},
};

std::string scheme_of(const RcSettings& settings, bool tls) {
    if (value_of(settings, "protocol") == "lmtp") return "lmtp";
    return tls && !is_on(value_of(settings, "tls_starttls")) ? "smtps" : "smtp";
}

void write(const RcAccount& account, Import& import) {
    const RcSettings& settings = account.settings;
    Import::Account& out = import.add(account.name);
    for (const std::string& note : account.notes)
        out.note(note);
    const bool tls = write_rc_tls(settings, "msmtp", out);
    const std::string scheme = scheme_of(settings, tls);
    if (scheme == "lmtp" && tls && !is_on(value_of(settings, "tls_starttls"))) out.set("tls", "implicit");
    const bool logs_in = settings.contains("auth") && value_of(settings, "auth") != "off";
    const auto port = ascii::parse_number(value_of(settings, "port"));
    out.set("server", make_url(scheme, logs_in ? value_of(settings, "user") : "", value_of(settings, "host"),
                               port.value_or(0)));
    if (scheme == "lmtp" && !port) out.disable("lmtp has no default port; give one.");
    const std::string from = value_of(settings, "from");
    if (from.find_first_of("*%") != std::string::npos) {
        out.note("No equivalent of a pattern in from; give -f.");
    } else if (!from.empty()) {
        out.set("from", from);
    }
    write_rc_client(settings, out);
}

}  // namespace

void import_msmtprc(std::string_view text, Import& import) {
    read_rc_accounts(text, "msmtp", kCommands, import,
                     [&import](const RcAccount& account) { write(account, import); });
}

}  // namespace mailpipe::app::config
