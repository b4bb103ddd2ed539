#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "mailpipe/app/config/import.hpp"
#include "mailpipe/base/ascii.hpp"

// mpop(1), section "CONFIGURATION FILES": one command a line, its argument in quotation marks or not. "defaults"
// begins what the accounts behind it start with, "account NAME : BASE,..." an account.
namespace mailpipe::app::config {
namespace {

using Settings = std::map<std::string, std::string, std::less<>>;

struct Command {
    std::string_view name;
    std::string_view why;  // there is no equivalent; empty: there is one
};

constexpr std::string_view kMechanism = "the safest mechanism that the server offers is used";
constexpr std::string_view kTls = "TLS 1.2 and newer are used, with the system's choice of ciphers";

constexpr std::array kCommands{
    Command{"host", ""},
    Command{"port", ""},
    Command{"user", ""},
    Command{"password", ""},
    Command{"passwordeval", ""},
    Command{"proxy_host", ""},
    Command{"proxy_port", ""},
    Command{"timeout", ""},
    Command{"tls", ""},
    Command{"tls_starttls", ""},
    Command{"tls_trust_file", ""},
    Command{"delivery", ""},
    Command{"keep", ""},
    Command{"skipsize", ""},
    Command{"eval", "a command takes no part in reading the file; write what it prints"},
    Command{"source_ip", "the system's routes are used"},
    Command{"socket", "write a tunnel to it"},
    Command{"pipelining", "commands are pipelined where the server offers it"},
    Command{"auth", kMechanism},
    Command{"ntlmdomain", kMechanism},
    Command{"tls_crl_file", "there are no revocation lists"},
    Command{"tls_fingerprint", "that is of the certificate; pin-sha256 takes the SHA-256 of its public key"},
    Command{"tls_key_file", ""},
    Command{"tls_cert_file", ""},
    Command{"tls_certcheck", "chain and name are always checked, or a key with pin-sha256"},
    Command{"tls_priorities", kTls},
    Command{"tls_min_dh_prime_bits", kTls},
    Command{"tls_host_override", "the name is that of the URL"},
    Command{"received_header", "messages are kept octet for octet"},
    Command{"uidls_file", "mail-fetch keeps its own record; see --state"},
    Command{"only_new", "each message is fetched once"},
    Command{"killsize", "nothing is deleted that was not delivered here"},
    Command{"filter", "see --search, or filter what arrives"},
};

bool is_on(std::string_view text) {
    return text.empty() || text == "on";
}

std::string value_of(const Settings& settings, std::string_view name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

class Reader {
 public:
    explicit Reader(Import& import) : import_(import) {}

    void read(std::string_view text) {
        for (const std::string_view line : ascii::split(text, '\n')) {
            ++line_;
            const std::string_view trimmed = ascii::trim(line);
            if (!trimmed.empty() && trimmed.front() != '#') read_line(trimmed);
        }
        finish();
    }

 private:
    struct Account {
        std::string name;
        Settings settings;
        std::vector<std::string> notes;
        std::string alias_of;  // it is the same as that one, as long as it sets nothing
    };

    void read_line(std::string_view line) {
        const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
        const std::string name(line.substr(0, space));
        std::string_view value = ascii::trim(line.substr(space));
        if (value.size() > 1 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        if (name == "defaults") {
            finish();
            defaults_ = Settings();
            default_notes_.clear();
        } else if (name == "account") {
            finish();
            begin(value);
        } else {
            set(name, std::string(value));
        }
    }

    // account = "account" name [":" name *("," name)]
    void begin(std::string_view text) {
        const std::size_t colon = std::min(text.find(':'), text.size());
        Account account;
        account.name = ascii::trim(text.substr(0, colon));
        account.settings = defaults_;
        account.notes = default_notes_;
        const std::string_view bases = text.substr(std::min(colon + 1, text.size()));
        for (const std::string_view part : ascii::split(bases, ',')) {
            const std::string base(ascii::trim(part));
            const auto found =
                std::find_if(done_.begin(), done_.end(), [&](const Account& one) { return one.name == base; });
            if (found == done_.end()) continue;
            for (const auto& [key, value] : found->settings)
                account.settings[key] = value;
            account.notes = found->notes;
            account.alias_of = base;
        }
        current_ = std::move(account);
    }

    void set(const std::string& name, const std::string& value) {
        Settings& settings = current_ ? current_->settings : defaults_;
        std::vector<std::string>& notes = current_ ? current_->notes : default_notes_;
        const auto command = std::find_if(kCommands.begin(), kCommands.end(),
                                          [&name](const Command& one) { return one.name == name; });
        if (current_) current_->alias_of.clear();
        if (command == kCommands.end()) {
            notes.push_back("Line " + std::to_string(line_) +
                            " has a command that mpop does not define; it was left out.");
        } else if (!command->why.empty()) {
            const std::string note = "No equivalent of " + name + ": " + std::string(command->why) + ".";
            if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
        } else {
            settings[name] = name == "password" ? std::string() : value;
        }
    }

    void finish() {
        if (!current_) return;
        Account account = std::move(*current_);
        current_.reset();
        if (!account.alias_of.empty()) {
            import_.note("The account " + account.name + " is another name of " + account.alias_of + ".");
        } else {
            write(account);
        }
        done_.push_back(std::move(account));
    }

    void write(const Account& account) {
        const Settings& settings = account.settings;
        Import::Account& out = import_.add(account.name);
        for (const std::string& note : account.notes)
            out.note(note);
        const bool tls = settings.contains("tls") && is_on(value_of(settings, "tls"));
        const bool starttls = is_on(value_of(settings, "tls_starttls"));
        if (!tls) {
            out.note(
                "mpop was told to go without TLS. A password goes to another host then only with "
                "allow-plaintext-auth.");
            out.set("tls", "none");
        }
        const auto port = ascii::parse_number(value_of(settings, "port"));
        out.set("source", make_url(tls && !starttls ? "pop3s" : "pop3", value_of(settings, "user"),
                                   value_of(settings, "host"), port.value_or(0)));
        if (!value_of(settings, "passwordeval").empty()) {
            out.set("password-command", value_of(settings, "passwordeval"));
        } else if (settings.contains("password")) {
            out.note_password();
        }
        if (const std::string file = value_of(settings, "tls_trust_file"); !file.empty() && file != "system")
            out.set("tls-ca", file);
        for (const auto& [theirs, ours] :
             {std::pair("tls_cert_file", "tls-cert"), std::pair("tls_key_file", "tls-key")}) {
            if (const std::string file = value_of(settings, theirs); !file.empty()) out.set(ours, file);
        }
        if (const std::string host = value_of(settings, "proxy_host"); !host.empty()) {
            const auto proxy_port = ascii::parse_number(value_of(settings, "proxy_port"));
            out.set("proxy", make_url("socks5h", "", host, proxy_port.value_or(1080)));
        }
        if (const auto seconds = ascii::parse_number(value_of(settings, "timeout")); seconds && *seconds != 0)
            out.set_number("timeout", *seconds);
        if (const auto octets = ascii::parse_number(value_of(settings, "skipsize")); octets && *octets != 0)
            out.set_number("max-size", *octets);
        write_delivery(value_of(settings, "delivery"), out);
        const bool keep = settings.contains("keep") && is_on(value_of(settings, "keep"));
        // Without a destination nothing may be deleted.
        out.set_flag(keep || !settings.contains("delivery") ? "keep" : "delete", true);
    }

    // delivery = ("mda" command) / ("maildir" path) / ("mbox" path) / ("exchange" path)
    static void write_delivery(std::string_view text, Import::Account& out) {
        const std::size_t space = std::min(text.find_first_of(" \t"), text.size());
        const std::string method(text.substr(0, space));
        std::string_view rest = ascii::trim(text.substr(space));
        if (rest.size() > 1 && rest.front() == '"' && rest.back() == '"')
            rest = rest.substr(1, rest.size() - 2);
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

    Import& import_;
    std::size_t line_ = 0;
    Settings defaults_;
    std::vector<std::string> default_notes_;
    std::optional<Account> current_;
    std::vector<Account> done_;
};

}  // namespace

void import_mpoprc(std::string_view text, Import& import) {
    Reader(import).read(text);
}

}  // namespace mailpipe::app::config
