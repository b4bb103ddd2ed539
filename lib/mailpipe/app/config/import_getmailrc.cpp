#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "mailpipe/app/config/import.hpp"
#include "mailpipe/base/ascii.hpp"

// getmail's configuration.html: an INI file with a [retriever], a [destination] and [options], and sections that those
// name. A value goes on in the indented lines below it; some are tuples of Python. A section that comes again begins
// another file: one holds one account.
namespace mailpipe::app::config {
namespace {

using Section = std::map<std::string, std::string, std::less<>>;
using File = std::map<std::string, Section, std::less<>>;

constexpr std::string_view kAsIs = "messages are kept octet for octet";
constexpr std::string_view kLimits = "all that is there is fetched in one run";
constexpr std::string_view kMechanism = "the safest mechanism that the server offers is used";
constexpr std::string_view kChecked = "chain and name are always checked, or a key with pin-sha256";
constexpr std::string_view kReceipts = "mail-fetch prints a receipt for each message";

struct Missing {
    std::string_view name;
    std::string_view why;
};

constexpr std::array kMissing{
    Missing{"use_apop", kMechanism},
    Missing{"use_cram_md5", kMechanism},
    Missing{"use_peek", "nothing is marked as seen"},
    Missing{"delete_dup_msgids", "each message is fetched once, by its UIDL or UID"},
    Missing{"move_on_delete", "give mail-list --move"},
    Missing{"envelope_recipient", "mail is not sorted by recipient"},
    Missing{"record_mailbox", kAsIs},
    Missing{"imap_on_delete", "deleted is what \\Deleted means"},
    Missing{"ssl_fingerprints", "that is of the certificate; pin-sha256 takes the SHA-256 of its public key"},
    Missing{"ssl_version", "TLS 1.2 and newer are used"},
    Missing{"ssl_ciphers", "TLS 1.2 and newer are used"},
    Missing{"ssl_cert_hostname", kChecked},
    Missing{"delete_bigger_than", "nothing is deleted that was not delivered here"},
    Missing{"max_messages_per_session", kLimits},
    Missing{"max_bytes_per_session", kLimits},
    Missing{"verbose", "see --quiet"},
    Missing{"delivered_to", kAsIs},
    Missing{"received", kAsIs},
    Missing{"message_log", kReceipts},
    Missing{"message_log_syslog", kReceipts},
    Missing{"message_log_verbose", kReceipts},
    Missing{"logfile", kReceipts},
    Missing{"fingerprint", "--trace and the receipts show how a connection was made"},
    Missing{"skip_imap_fetch_size", "sizes are fetched together with all else"},
    Missing{"only_oldmail_file", kReceipts},
    Missing{"to_oldmail_on_each_mail", "what was fetched is recorded when it is safe"},
    Missing{"netrc_file", "set NETRC in the environment"},
    Missing{"use_netrc", "the entry of host and user in ~/.netrc is always looked for"},
};

bool is_true(std::string_view text) {
    return ascii::equals_ignore_case(text, "true") || ascii::equals_ignore_case(text, "yes") ||
           ascii::equals_ignore_case(text, "on") || text == "1";
}

std::string value_of(const Section& section, std::string_view name) {
    const auto found = section.find(name);
    return found == section.end() ? std::string() : found->second;
}

const Section& section_of(const File& file, std::string_view name) {
    static const Section kNone;
    const auto found = file.find(name);
    return found == file.end() ? kNone : found->second;
}

// The strings of a tuple, of tuples in it as well: ("a", 'b', ("c")). A text without any is itself one.
std::vector<std::string> tuple_of(std::string_view text) {
    std::vector<std::string> strings;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char quote = text[at];
        if (quote != '"' && quote != '\'') continue;
        std::string string;
        for (++at; at < text.size() && text[at] != quote; ++at) {
            if (text[at] == '\\' && at + 1 < text.size()) ++at;
            string += text[at];
        }
        strings.push_back(std::move(string));
    }
    if (strings.empty() && !text.empty() && text.front() != '(') strings.emplace_back(text);
    return strings;
}

class Reader {
 public:
    explicit Reader(Import& import) : import_(import) {}

    void read(std::string_view text) {
        for (const std::string_view line : ascii::split(text, '\n')) {
            ++line_;
            read_line(line);
        }
        finish();
    }

 private:
    void read_line(std::string_view line) {
        const std::string_view trimmed = ascii::trim(line);
        if (trimmed.empty() || trimmed.front() == '#' || trimmed.front() == ';') return;
        const bool indented = line.front() == ' ' || line.front() == '\t';
        if (indented && value_ != nullptr) {
            *value_ += " " + std::string(trimmed);
        } else if (trimmed.front() == '[' && trimmed.back() == ']') {
            const std::string name(trimmed.substr(1, trimmed.size() - 2));
            if (file_.contains(name)) finish();
            section_ = &file_[name];
            value_ = nullptr;
        } else {
            read_value(trimmed);
        }
    }

    void read_value(std::string_view line) {
        const std::size_t equals = line.find_first_of("=:");
        value_ = nullptr;
        if (section_ == nullptr || equals == std::string_view::npos) {
            notes_.push_back("Line " + std::to_string(line_) + " is no setting of getmail; it was left out.");
            return;
        }
        const std::string name = ascii::to_lower(ascii::trim(line.substr(0, equals)));
        value_ = &(*section_)[name];
        *value_ = ascii::trim(line.substr(equals + 1));
    }

    void finish() {
        if (!file_.empty()) write();
        file_.clear();
        notes_.clear();
        section_ = nullptr;
        value_ = nullptr;
    }

    void write() {
        const Section& retriever = section_of(file_, "retriever");
        Import::Account& account = import_.add(value_of(retriever, "server"));
        for (const std::string& note : notes_)
            account.note(note);
        write_source(retriever, account);
        write_password(retriever, account);
        write_options(section_of(file_, "options"), account);
        if (!account.has("delete-after") && !account.has("delete")) account.set_flag("keep", true);
        write_destination("destination", account, 0);
        for (const auto& [name, section] : file_) {
            if (name.starts_with("filter"))
                account.note("No equivalent of [" + name +
                             "]: filter with --search or in a pipe: destination.");
        }
    }

    void note_missing(const std::string& name, Import::Account& account) const {
        const auto found = std::find_if(kMissing.begin(), kMissing.end(),
                                        [&name](const Missing& one) { return one.name == name; });
        if (found == kMissing.end()) {
            account.note("A setting that getmail does not define was left out of [retriever] or [options].");
        } else {
            account.note_without(name, found->why);
        }
    }

    void write_source(const Section& retriever, Import::Account& account) const {
        const std::string type = value_of(retriever, "type");
        const bool ssl = type.find("SSL") != std::string::npos;
        const bool imap = type.find("IMAP") != std::string::npos;
        if (!imap && type.find("POP3") == std::string::npos)
            account.disable("No equivalent of that type of retriever: it fetches over IMAP and POP3 only.");
        if (type.starts_with("Multidrop")) account.note_without(type, "mail is not sorted by recipient");
        if (!ssl) {
            account.note(
                "getmail goes without TLS here; mail-fetch asks for STARTTLS. Where the server has none, set "
                "tls = \"none\".");
        }
        const std::string scheme = std::string(imap ? "imap" : "pop3") + (ssl ? "s" : "");
        const auto port = ascii::parse_number(value_of(retriever, "port"));
        std::vector<std::string> mailboxes =
            imap ? tuple_of(value_of(retriever, "mailboxes")) : std::vector<std::string>{};
        if (mailboxes == std::vector<std::string>{"ALL"}) {
            account.set("mailboxes", "*");
            mailboxes.clear();
        }
        if (mailboxes.empty()) mailboxes.emplace_back();
        std::vector<std::string> sources;
        for (const std::string& mailbox : mailboxes)
            sources.push_back(make_url(scheme, value_of(retriever, "username"), value_of(retriever, "server"),
                                       port.value_or(0), mailbox));
        account.set("source", sources);
        if (const auto seconds = ascii::parse_number(value_of(retriever, "timeout")); seconds && *seconds != 0)
            account.set_number("timeout", *seconds);
        for (const auto& [theirs, ours] : {std::pair("ca_certs", "tls-ca"), std::pair("certfile", "tls-cert"),
                                           std::pair("keyfile", "tls-key")}) {
            if (!value_of(retriever, theirs).empty()) account.set(ours, value_of(retriever, theirs));
        }
        if (is_true(value_of(retriever, "use_kerberos"))) account.set_flag("gssapi", true);
        if (!value_of(retriever, "imap_search").empty())
            account.set("search", value_of(retriever, "imap_search"));
        static constexpr std::array<std::string_view, 15> kKnown{
            "type",         "server",      "port",       "username", "timeout",          "ca_certs",
            "certfile",     "keyfile",     "mailboxes",  "password", "password_command", "use_xoauth2",
            "use_kerberos", "imap_search", "check_certs"};
        for (const auto& [name, value] : retriever) {
            if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) note_missing(name, account);
        }
    }

    static void write_password(const Section& retriever, Import::Account& account) {
        const std::string command = value_of(retriever, "password_command");
        const bool token = is_true(value_of(retriever, "use_xoauth2"));
        if (!command.empty()) {
            account.set(token ? "token-command" : "password-command", shell_command(tuple_of(command)));
        } else if (retriever.contains("password")) {
            account.note_password();
        }
    }

    void write_options(const Section& options, Import::Account& account) const {
        const auto days = ascii::parse_number(value_of(options, "delete_after"));
        if (days && *days != 0) {
            account.set("delete-after", std::to_string(*days) + "d");
        } else if (is_true(value_of(options, "delete"))) {
            account.set_flag("delete", true);
        }
        if (const auto octets = ascii::parse_number(value_of(options, "max_message_size"));
            octets && *octets != 0)
            account.set_number("max-size", *octets);
        if (!options.contains("read_all") || is_true(value_of(options, "read_all")))
            account.note(
                "getmail fetches all messages each time here (read_all); mail-fetch fetches each once.");
        static constexpr std::array<std::string_view, 4> kKnown{"delete", "delete_after", "max_message_size",
                                                                "read_all"};
        for (const auto& [name, value] : options) {
            if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) note_missing(name, account);
        }
    }

    // A destination is a section's name, with or without brackets, or a path.
    void write_place(const std::string& text, Import::Account& account, int depth) const {
        if (text.size() > 2 && text.front() == '[' && text.back() == ']')
            return write_destination(text.substr(1, text.size() - 2), account, depth);
        const bool maildir = text.ends_with('/');
        account.set("to",
                    make_store(maildir ? "maildir" : "mbox", maildir ? text.substr(0, text.size() - 1) : text));
    }

    void write_destination(const std::string& name, Import::Account& account, int depth) const {
        const Section& section = section_of(file_, name);
        const std::string type = value_of(section, "type");
        std::string path = value_of(section, "path");
        if (!value_of(section, "user").empty())
            account.note("No equivalent of user in [" + name + "]: run mail-fetch as that user.");
        if (type == "Maildir" || type == "Mboxrd") {
            while (path.size() > 1 && path.ends_with('/'))
                path.pop_back();
            if (path.starts_with('~') && !path.starts_with("~/") && path != "~")
                account.note("Write the path of the home directory of " + path.substr(0, path.find('/')) + ".");
            return account.set("to", make_store(type == "Maildir" ? "maildir" : "mbox", path));
        }
        if (type == "MDA_external" || type == "MDA_qmaillocal") {
            std::vector<std::string> arguments{path};
            for (std::string& argument : tuple_of(value_of(section, "arguments")))
                arguments.push_back(std::move(argument));
            if (type != "MDA_external")
                account.note_without(type, "this is a command with the message on its input");
            if (std::any_of(arguments.begin(), arguments.end(),
                            [](const std::string& one) { return one.find("%(") != std::string::npos; }))
                account.note("No equivalent of %(sender) and its like in the command; write it without.");
            return account.set("to", "pipe:" + shell_command(arguments));
        }
        if (type == "MDA_lmtp") {
            const auto port = ascii::parse_number(value_of(section, "port"));
            const std::string host = value_of(section, "host");
            return account.set("to", host.starts_with('/') ? make_store("lmtp", host)
                                                           : make_url("lmtp", "", host, port.value_or(24)));
        }
        account.note_without(type.empty() ? "[" + name + "]" : type, "one destination is kept");
        const std::vector<std::string> places =
            tuple_of(value_of(section, section.contains("default") ? "default" : "destinations"));
        // A section that names itself has no end.
        if (depth < 4 && !places.empty()) return write_place(places[0], account, depth + 1);
        account.note("It says nothing of where mail goes; mail-fetch writes it to standard output.");
    }

    Import& import_;
    std::size_t line_ = 0;
    File file_;
    std::vector<std::string> notes_;
    Section* section_ = nullptr;
    std::string* value_ = nullptr;
};

}  // namespace

void import_getmailrc(std::string_view text, Import& import) {
    Reader(import).read(text);
}

}  // namespace mailpipe::app::config
