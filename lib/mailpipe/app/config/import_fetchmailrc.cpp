#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "mailpipe/app/config/import.hpp"
#include "mailpipe/base/ascii.hpp"

// fetchmail(1), section "THE RUN CONTROL FILE": words, with no regard to lines. Statements begin with "poll", "skip",
// "defaults" and "set"; in one, "user" begins another mailbox of the same server.
namespace mailpipe::app::config {
namespace {

struct Token {
    std::string text;
    std::size_t line = 0;
    bool quoted = false;
};

// A word ends at white space and at ":", ";", "," and "="; the first three are noise. A quoted one has the escapes
// of C, of which the octal and hexadecimal ones stay as they are.
class Tokenizer {
 public:
    explicit Tokenizer(std::string_view text) : text_(text) {}

    std::vector<Token> all() {
        std::vector<Token> tokens;
        while (skip_noise())
            tokens.push_back(text_[at_] == '"' || text_[at_] == '\'' ? quoted() : word());
        return tokens;
    }

 private:
    static bool is_noise(char c) { return ascii::is_space(c) || c == ':' || c == ';' || c == ','; }

    bool skip_noise() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (is_noise(text_[at_])) {
                line_ += text_[at_] == '\n' ? 1 : 0;
                ++at_;
            } else {
                return true;
            }
        }
        return false;
    }

    Token word() {
        Token token{"", line_, false};
        if (text_[at_] == '=') {
            ++at_;
            token.text = "=";
            return token;
        }
        while (at_ < text_.size() && !is_noise(text_[at_]) && text_[at_] != '=' && text_[at_] != '#')
            token.text += text_[at_++];
        return token;
    }

    Token quoted() {
        Token token{"", line_, true};
        const char quote = text_[at_++];
        while (at_ < text_.size() && text_[at_] != quote) {
            char c = text_[at_++];
            line_ += c == '\n' ? 1 : 0;
            if (c == '\\' && at_ < text_.size()) {
                c = text_[at_++];
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
            }
            token.text += c;
        }
        if (at_ < text_.size()) ++at_;
        return token;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

// What a statement says of a server, or of a user of it.
struct Entry {
    std::map<std::string, std::string, std::less<>> values;  // of what has an equivalent
    std::vector<std::string> folders;
    std::vector<std::string> notes;
    bool has_password = false;
};

// How an option is read. `why` is for those that have no equivalent.
enum class Arity { none, one, many, number };
struct Option {
    std::string_view name;
    Arity arity;
    std::string_view key;  // of Entry::values; empty: no equivalent
    std::string_view why = "";
};

constexpr std::string_view kEnvelope = "mail is not sorted by recipient";
constexpr std::string_view kAsIs = "messages are kept octet for octet";
constexpr std::string_view kChecked = "chain and name are always checked, or a key with pin-sha256";
constexpr std::string_view kMechanism = "the safest mechanism that the server offers is used";
constexpr std::string_view kSmtp = "the server that takes the mail decides";
constexpr std::string_view kHook = "run it before or behind mail-fetch in the script or crontab";
constexpr std::string_view kLimits = "all that is there is fetched in one run";

constexpr std::array kOptions{
    Option{"via", Arity::one, "via"},
    Option{"protocol", Arity::one, "protocol"},
    Option{"proto", Arity::one, "protocol"},
    Option{"port", Arity::one, "port"},
    Option{"service", Arity::one, "port"},
    Option{"timeout", Arity::number, "timeout"},
    Option{"interval", Arity::number, "", "call it from cron as often as it is to run"},
    Option{"plugin", Arity::one, "tunnel"},
    Option{"plugout", Arity::one, "", kSmtp},
    Option{"localdomains", Arity::many, "", kEnvelope},
    Option{"local", Arity::many, "", kEnvelope},
    Option{"envelope", Arity::one, "", kEnvelope},
    Option{"qvirtual", Arity::one, "", kEnvelope},
    Option{"aka", Arity::many, "", kEnvelope},
    Option{"dns", Arity::none, "", kEnvelope},
    Option{"checkalias", Arity::none, "", kEnvelope},
    Option{"interface", Arity::one, "", "the system's routes are used"},
    Option{"monitor", Arity::one, "", "the system's routes are used"},
    Option{"auth", Arity::one, "", kMechanism},
    Option{"authenticate", Arity::one, "", kMechanism},
    Option{"principal", Arity::one, "", kMechanism},
    Option{"uidl", Arity::none, "", "messages are always known by their UIDL"},
    Option{"fastuidl", Arity::number, "", "messages are always known by their UIDL"},
    Option{"tracepolls", Arity::none, "", kAsIs},
    Option{"badheader", Arity::one, "", "such messages are fetched as they are"},
    Option{"bad-header", Arity::one, "", "such messages are fetched as they are"},
    Option{"esmtpname", Arity::one, "", "name a user in the URL of the destination"},
    Option{"ssl", Arity::none, "ssl"},
    Option{"sslproto", Arity::one, "sslproto"},
    Option{"sslcertfile", Arity::one, "tls-ca"},
    Option{"sslcertpath", Arity::one, "",
           "tls-ca takes one file; the system's certificates are used without it"},
    Option{"sslcertck", Arity::none, "", kChecked},
    Option{"sslcommonname", Arity::one, "", kChecked},
    Option{"sslfingerprint", Arity::one, "",
           "that is an MD5 of the certificate; pin-sha256 takes the key's SHA-256"},
    Option{"sslcert", Arity::one, "tls-cert"},
    Option{"sslkey", Arity::one, "tls-key"},
    Option{"smtphost", Arity::many, "smtphost"},
    Option{"lmtp", Arity::none, "lmtp"},
    Option{"fetchdomains", Arity::many, "", "there is no ETRN"},
    Option{"smtpaddress", Arity::one, "", kSmtp},
    Option{"smtpname", Arity::one, "", kSmtp},
    Option{"antispam", Arity::many, "", "a message that the destination refuses stays on the server"},
    Option{"mda", Arity::one, "mda"},
    Option{"bsmtp", Arity::one, "", "there is no batched SMTP"},
    Option{"preconnect", Arity::one, "", kHook},
    Option{"postconnect", Arity::one, "", kHook},
    Option{"keep", Arity::none, "keep"},
    Option{"flush", Arity::none, "", "nothing is deleted that was not delivered here"},
    Option{"limitflush", Arity::none, "", "nothing is deleted that was not delivered here"},
    Option{"fetchall", Arity::none, "fetchall"},
    Option{"rewrite", Arity::none, "", kAsIs},
    Option{"stripcr", Arity::none, "", kAsIs},
    Option{"forcecr", Arity::none, "", kAsIs},
    Option{"pass8bits", Arity::none, "", kAsIs},
    Option{"dropstatus", Arity::none, "", kAsIs},
    Option{"dropdelivered", Arity::none, "", kAsIs},
    Option{"mimedecode", Arity::none, "", "mail-show decodes"},
    Option{"idle", Arity::none, "", "give mail-fetch --watch"},
    Option{"limit", Arity::number, "max-size"},
    Option{"warnings", Arity::number, "", "messages that are passed over are not told of"},
    Option{"batchlimit", Arity::number, "", kLimits},
    Option{"fetchlimit", Arity::number, "", kLimits},
    Option{"fetchsizelimit", Arity::number, "", kLimits},
    Option{"expunge", Arity::number, "", "a message is deleted as soon as it is safe here"},
    Option{"properties", Arity::one, ""},
};

constexpr std::array<std::string_view, 7> kNoise{"and", "with", "has", "wants", "options", "here", "there"};
constexpr std::array<std::string_view, 7> kStatements{"poll", "server",   "skip", "defaults",
                                                      "set",  "username", "user"};

const Option* find_option(std::string_view name) {
    const auto found = std::find_if(kOptions.begin(), kOptions.end(),
                                    [name](const Option& option) { return option.name == name; });
    return found == kOptions.end() ? nullptr : &*found;
}

template <class Words>
bool is_one_of(const Token& token, const Words& words) {
    return !token.quoted && std::find(words.begin(), words.end(), ascii::to_lower(token.text)) != words.end();
}

class Reader {
 public:
    Reader(std::vector<Token> tokens, Import& import) : tokens_(std::move(tokens)), import_(import) {}

    void read() {
        while (at_ < tokens_.size()) {
            const std::string word = keyword();
            if (word == "set") {
                ++at_;
                read_global();
            } else if (word == "defaults") {
                ++at_;
                defaults_ = Entry();
                read_options(defaults_);
            } else if (word == "poll" || word == "server" || word == "skip") {
                ++at_;
                read_poll(word == "skip");
            } else {
                not_understood(import_);
                ++at_;
            }
        }
    }

 private:
    bool at_end() const { return at_ >= tokens_.size(); }
    // In lower case; empty for what is quoted or not there.
    std::string keyword() const {
        return at_end() || tokens_[at_].quoted ? std::string() : ascii::to_lower(tokens_[at_].text);
    }
    bool at_statement() const { return at_end() || is_one_of(tokens_[at_], kStatements); }
    bool at_option() const {
        if (at_statement()) return true;
        const std::string word = keyword();
        const bool is_no = word.starts_with("no") && find_option(word.substr(2)) != nullptr;
        return is_no || find_option(word) != nullptr || is_one_of(tokens_[at_], kNoise) || word == "no" ||
               word == "is" || word == "to" || word == "user" || word == "username" || word == "password" ||
               word == "pass" || word == "folder" || word == "folders" || word == "esmtppassword";
    }
    std::string take() { return at_end() ? std::string() : tokens_[at_++].text; }

    template <class Notes>
    void not_understood(Notes& notes) const {
        const std::string text = "Line " + std::to_string(tokens_[at_].line) +
                                 " has a word that fetchmail does not define; it was left out.";
        if constexpr (std::is_same_v<Notes, Import>) {
            notes.note(text);
        } else {
            notes.notes.push_back(text);
        }
    }

    void read_global() {
        std::string name = take();
        if (ascii::to_lower(name) == "no") name = take();
        if (keyword() == "=") ++at_;
        const std::string lower = ascii::to_lower(name);
        if (lower == "daemon") {
            const auto seconds = ascii::parse_number(take());
            const std::uint64_t minutes = std::clamp<std::uint64_t>(seconds.value_or(300) / 60, 1, 59);
            return import_.note("No equivalent of \"set daemon\": a crontab does it, as: */" +
                                std::to_string(minutes) +
                                " * * * * mail-fetch @all --quiet --output jsonl >/dev/null");
        }
        static constexpr std::array<std::string_view, 11> kFlags{
            "syslog",       "bouncemail",   "spambounce", "softbounce",   "invisible",  "showdots",
            "nobouncemail", "nospambounce", "nosyslog",   "nosoftbounce", "noinvisible"};
        static constexpr std::array<std::string_view, 5> kValued{"postmaster", "logfile", "pidfile", "idfile",
                                                                 "properties"};
        if (std::find(kFlags.begin(), kFlags.end(), lower) != kFlags.end())
            return import_.note("No equivalent of \"set " + lower + "\".");
        if (std::find(kValued.begin(), kValued.end(), lower) != kValued.end()) {
            take();
            return import_.note("No equivalent of \"set " + lower + "\".");
        }
        import_.note("A \"set\" that fetchmail does not define was left out.");
    }

    void read_no(Entry& entry) {
        const std::string name = keyword();
        if (name == "envelope" || find_option(name) != nullptr) {
            ++at_;
            const Option* option = find_option(name);
            if (!option->key.empty() && option->arity == Arity::none) {
                entry.values[std::string(option->key)] = "";
            } else {
                entry.notes.push_back(without("no " + name, *option));
            }
        }
    }

    static std::string without(const std::string& name, const Option& option) {
        return "No equivalent of \"" + name + "\"" +
               (option.why.empty() ? "" : ": " + std::string(option.why)) + ".";
    }

    // One option of `entry`; false when there is none.
    bool read_option(Entry& entry) {
        const std::string word = keyword();
        if (is_one_of(tokens_[at_], kNoise)) {
            ++at_;
            return true;
        }
        if (word == "no") {
            ++at_;
            read_no(entry);
            return true;
        }
        if (word == "password" || word == "pass" || word == "esmtppassword") {
            ++at_;
            if (!at_end()) ++at_;
            entry.has_password = entry.has_password || word != "esmtppassword";
            return true;
        }
        if (word == "folder" || word == "folders") {
            ++at_;
            while (!at_option())
                entry.folders.push_back(take());
            return true;
        }
        if (word == "is" || word == "to") {
            ++at_;
            while (!at_option())
                entry.values["local"] += (entry.values["local"].empty() ? "" : " ") + take();
            return true;
        }
        const Option* option = find_option(word);
        if (option == nullptr && word.starts_with("no") && find_option(word.substr(2)) != nullptr) {
            tokens_[at_].text = word.substr(2);
            read_no(entry);
            return true;
        }
        if (option == nullptr) return false;
        ++at_;
        read_values(*option, word, entry);
        return true;
    }

    void read_values(const Option& option, const std::string& word, Entry& entry) {
        std::string value = "yes";
        if (option.arity == Arity::one || option.arity == Arity::number) {
            value = take();
            // "envelope 2 Received" has a number in front of the name.
            if (word == "envelope" && ascii::parse_number(value)) value = take();
        }
        if (option.arity == Arity::many) {
            value = take();
            const std::size_t first = at_;
            while (!at_option())
                ++at_;
            if (at_ > first && !option.key.empty())
                entry.notes.push_back("No equivalent of more than one \"" + word + "\": the first was taken.");
        }
        if (option.key.empty()) {
            entry.notes.push_back(without(word, option));
        } else {
            entry.values[std::string(option.key)] = value;
        }
    }

    void read_options(Entry& entry) {
        while (!at_statement()) {
            if (read_option(entry)) continue;
            not_understood(entry);
            ++at_;
        }
    }

    void read_poll(bool skip) {
        const std::string host = take();
        Entry server = defaults_;
        read_options(server);
        bool any = false;
        while (keyword() == "user" || keyword() == "username") {
            ++at_;
            Entry user = server;
            user.values["user"] = take();
            read_options(user);
            write(host, user, skip);
            any = true;
        }
        if (!any) write(host, server, skip);
    }

    static std::string value_of(const Entry& entry, std::string_view name) {
        const auto found = entry.values.find(name);
        return found == entry.values.end() ? std::string() : found->second;
    }

    void write(const std::string& host, const Entry& entry, bool skip) {
        Import::Account& account = import_.add(host);
        for (const std::string& note : entry.notes)
            account.note(note);
        if (skip) account.disable("fetchmail skips it unless it is named.");
        write_source(host, entry, account);
        write_destination(entry, account);
        if (entry.has_password) account.note_password();
        if (const auto seconds = ascii::parse_number(value_of(entry, "timeout")); seconds && *seconds != 0)
            account.set_number("timeout", *seconds);
        for (const char* key : {"tls-ca", "tls-cert", "tls-key"}) {
            if (entry.values.contains(key)) account.set(key, value_of(entry, key));
        }
        if (entry.values.contains("tunnel")) write_tunnel(value_of(entry, "tunnel"), host, entry, account);
        if (const auto octets = ascii::parse_number(value_of(entry, "max-size")); octets && *octets != 0)
            account.set_number("max-size", *octets);
    }

    // %h and %p are host and port.
    static void write_tunnel(const std::string& plugin, const std::string& host, const Entry& entry,
                             Import::Account& account) {
        const std::string via = value_of(entry, "via");
        std::string command;
        for (std::size_t i = 0; i < plugin.size(); ++i) {
            const char word = plugin[i] == '%' && i + 1 < plugin.size() ? plugin[i + 1] : ' ';
            if (word != 'h' && word != 'p') {
                command += plugin[i];
                continue;
            }
            command += shell_command({word == 'p' ? value_of(entry, "port") : via.empty() ? host : via});
            ++i;
        }
        account.set_tunnel(command);
    }

    static void write_source(const std::string& host, const Entry& entry, Import::Account& account) {
        std::string protocol = ascii::to_lower(value_of(entry, "protocol"));
        if (protocol.empty() || protocol == "auto") {
            account.note("fetchmail tries protocols in turn; this is IMAP, and pop3:// is the other one.");
            protocol = "imap";
        }
        const bool imap = protocol == "imap";
        if (!imap && protocol != "pop3" && protocol != "apop" && protocol != "sdps" && protocol != "kpop")
            account.disable("No equivalent of the protocol " + protocol +
                            ": it fetches over IMAP and POP3 only.");
        const bool ssl = value_of(entry, "ssl") == "yes";
        if (entry.values.contains("sslproto") && value_of(entry, "sslproto").empty() && !ssl) {
            account.note(
                "fetchmail was told to go without TLS. A password goes to another host then only with "
                "allow-plaintext-auth.");
            account.set("tls", "none");
        } else if (entry.values.contains("sslproto")) {
            account.note("No equivalent of \"sslproto\": TLS 1.2 and newer are used.");
        }
        const std::string scheme = std::string(imap ? "imap" : "pop3") + (ssl ? "s" : "");
        const std::string via = value_of(entry, "via");
        const std::string port = value_of(entry, "port");
        const auto number = ascii::parse_number(port);
        if (!port.empty() && !number)
            account.note("The service " + port + " was left out: write its number into the URL.");
        std::vector<std::string> sources;
        const std::vector<std::string> folders =
            entry.folders.empty() || !imap ? std::vector<std::string>{""} : entry.folders;
        for (const std::string& folder : folders)
            sources.push_back(make_url(scheme, value_of(entry, "user"), via.empty() ? host : via,
                                       number.value_or(0), folder));
        account.set("source", sources);
        if (value_of(entry, "keep") == "yes") {
            account.set_flag("keep", true);
        } else {
            account.set_flag("delete", true);
        }
        // What is marked as seen fetchmail passes over, unless it is told otherwise.
        if (imap && value_of(entry, "fetchall") != "yes") account.set_flag("unseen-only", true);
    }

    static void write_destination(const Entry& entry, Import::Account& account) {
        const std::string mda = value_of(entry, "mda");
        const std::string local = value_of(entry, "local");
        if (!mda.empty()) {
            std::string command;
            for (std::size_t i = 0; i < mda.size(); ++i) {
                const bool recipient = mda[i] == '%' && i + 1 < mda.size() && mda[i + 1] == 'T';
                command +=
                    recipient ? (local.empty() ? "\"$USER\"" : shell_command({local})) : mda.substr(i, 1);
                i += recipient ? 1 : 0;
            }
            account.set("to", "pipe:" + command);
            if (command.find("%F") != std::string::npos || command.find("%s") != std::string::npos)
                account.note(
                    "No equivalent of % words in \"mda\" other than %T; write the command without them.");
            return;
        }
        const std::string named = value_of(entry, "smtphost");
        const std::size_t slash = named.find('/');
        const bool lmtp = value_of(entry, "lmtp") == "yes";
        if (lmtp && named.starts_with('/')) {
            account.set("to", make_store("lmtp", named));
        } else {
            const auto port =
                slash == std::string::npos ? std::nullopt : ascii::parse_number(named.substr(slash + 1));
            const std::string host = named.empty() ? "localhost" : named.substr(0, slash);
            account.set("to", make_url(lmtp ? "lmtp" : "smtp", "", host, port.value_or(lmtp ? 24 : 25)));
        }
        if (!local.empty())
            account.note("fetchmail hands it on to the local users: " + local +
                         ". Say so with the destination, or "
                         "deliver into maildir:~/Mail instead.");
    }

    std::vector<Token> tokens_;
    Import& import_;
    std::size_t at_ = 0;
    Entry defaults_;
};

}  // namespace

void import_fetchmailrc(std::string_view text, Import& import) {
    Reader(Tokenizer(text).all(), import).read();
}

}  // namespace mailpipe::app::config
