#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "mailpipe/app/config/import.hpp"
#include "mailpipe/base/ascii.hpp"

// mbsync(1), section "CONFIGURATION": one option a line, whose words may stand in quotation marks. Some open a section,
// which ends at an empty line or at the next one; before the first one options are global.
namespace mailpipe::app::config {
namespace {

using Words = std::vector<std::string>;

struct Section {
    std::string kind;  // in lower case: imapaccount, imapstore, maildirstore, channel, group; empty: global
    std::string name;
    std::map<std::string, Words, std::less<>> options;
    std::vector<std::string> notes;

    bool has(std::string_view option) const { return options.find(option) != options.end(); }
    const Words& words(std::string_view option) const {
        static const Words kNone;
        const auto found = options.find(option);
        return found == options.end() ? kNone : found->second;
    }
    std::string word(std::string_view option) const {
        return words(option).empty() ? std::string() : words(option)[0];
    }
};

struct Missing {
    std::string_view name;
    std::string_view why;
};

constexpr std::string_view kTls = "TLS 1.2 and newer are used, with the system's choice of ciphers";
constexpr std::string_view kMechanism = "the safest mechanism that the server offers is used";
constexpr std::string_view kSync = "nothing goes the other way, and no mailbox is made or removed on a server";
constexpr std::string_view kMaildir = "a Maildir is written as any program of mail reads it";
constexpr std::string_view kFolders = "each mailbox becomes a folder of one Maildir (Maildir++)";

constexpr std::array kMissing{
    Missing{"usercmd", "write the user into the URL"},
    Missing{"usekeychain", "a password-command asks the keychain"},
    Missing{"authmechs", kMechanism},
    Missing{"authmech", kMechanism},
    Missing{"requirecram", kMechanism},
    Missing{"sslversions", kTls},
    Missing{"sslversion", kTls},
    Missing{"cipherstring", kTls},
    Missing{"usesslv2", kTls},
    Missing{"usesslv3", kTls},
    Missing{"usetlsv1", kTls},
    Missing{"usetlsv1.1", kTls},
    Missing{"usetlsv1.2", kTls},
    Missing{"systemcertificates", "tls-ca takes the place of the system's certificates"},
    Missing{"pipelinedepth", "commands are pipelined"},
    Missing{"disableextension", "extensions are used where they are safe"},
    Missing{"disableextensions", "extensions are used where they are safe"},
    Missing{"usenamespace", "mailboxes are named as the server names them"},
    Missing{"pathdelimiter", "mailboxes are named as the server names them"},
    Missing{"mapinbox", kFolders},
    Missing{"flatten", kFolders},
    Missing{"subfolders", kFolders},
    Missing{"trash", "what is deleted is gone; give mail-list --move"},
    Missing{"trashnewonly", "what is deleted is gone; give mail-list --move"},
    Missing{"trashremotenew", "what is deleted is gone; give mail-list --move"},
    Missing{"altmap", kMaildir},
    Missing{"infodelimiter", kMaildir},
    Missing{"fielddelimiter", kMaildir},
    Missing{"maxmessages", "a Maildir is never thinned out; keep-newest is for the server"},
    Missing{"expireunread", "a Maildir is never thinned out"},
    Missing{"create", kSync},
    Missing{"remove", kSync},
    Missing{"copyarrivaldate", "mail-fetch keeps the date of arrival"},
    Missing{"syncstate", "mail-fetch keeps its own record; see --state"},
    Missing{"fsync", "a message is always made durable"},
    Missing{"bufferlimit", "messages stream"},
};

// What has an equivalent, or a part in it.
constexpr std::array<std::string_view, 28> kKnown{"host",
                                                  "port",
                                                  "timeout",
                                                  "user",
                                                  "pass",
                                                  "passcmd",
                                                  "tunnel",
                                                  "ssltype",
                                                  "useimaps",
                                                  "requiressl",
                                                  "certificatefile",
                                                  "clientcertificate",
                                                  "clientkey",
                                                  "account",
                                                  "path",
                                                  "inbox",
                                                  "subscribedonly",
                                                  "far",
                                                  "near",
                                                  "master",
                                                  "slave",
                                                  "pattern",
                                                  "patterns",
                                                  "maxsize",
                                                  "sync",
                                                  "expunge",
                                                  "channel",
                                                  "channels"};

constexpr std::array<std::string_view, 5> kSections{"imapaccount", "imapstore", "maildirstore", "channel",
                                                    "group"};

// Words between white space; a backslash and quotation marks keep what is special.
Words split(std::string_view line) {
    Words words;
    bool in_word = false;
    bool quoted = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
            in_word = false;
            continue;
        }
        if (!quoted && !in_word && c == '#') break;
        if (!in_word) words.emplace_back();
        in_word = true;
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '\\' && at + 1 < line.size()) {
            words.back() += line[++at];
        } else {
            words.back() += c;
        }
    }
    return words;
}

// ":STORE:MAILBOX"
std::pair<std::string, std::string> split_place(const std::string& text) {
    const std::size_t end = text.starts_with(':') ? text.find(':', 1) : std::string::npos;
    if (end == std::string::npos) return {text, ""};
    return {text.substr(1, end - 1), text.substr(end + 1)};
}

std::string octets_of(std::string text) {
    if (text.ends_with('b') || text.ends_with('B')) text.pop_back();
    if (text.ends_with('m')) text.back() = 'M';
    return text;
}

class Reader {
 public:
    explicit Reader(Import& import) : import_(import) {}

    void read(std::string_view text) {
        sections_.emplace_back();
        std::size_t number = 0;
        bool in_section = false;
        for (const std::string_view line : ascii::split(text, '\n')) {
            ++number;
            if (ascii::trim(line).empty()) in_section = false;
            Words words = split(line);
            if (!words.empty()) read_line(std::move(words), number, in_section);
        }
        for (const Section& section : sections_) {
            if (section.kind == "channel") write_channel(section);
        }
        for (const Section& section : sections_) {
            if (section.kind == "group") write_group(section);
        }
        for (const std::string& note : sections_.front().notes)
            import_.note(note);
    }

 private:
    void read_line(Words words, std::size_t number, bool& in_section) {
        const std::string name = ascii::to_lower(words[0]);
        words.erase(words.begin());
        const bool in_group = in_section && sections_.back().kind == "group";
        const bool opens = std::find(kSections.begin(), kSections.end(), name) != kSections.end();
        if (opens && !(name == "channel" && in_group)) {
            Section& section = sections_.emplace_back();
            section.kind = name;
            section.name = words.empty() ? "" : words[0];
            if (!words.empty()) section.options["channels"].assign(words.begin() + 1, words.end());
            in_section = true;
            return;
        }
        Section& section = in_section ? sections_.back() : sections_.front();
        const auto missing = std::find_if(kMissing.begin(), kMissing.end(),
                                          [&name](const Missing& one) { return one.name == name; });
        if (missing != kMissing.end()) {
            section.notes.push_back("No equivalent of " + std::string(missing->name) + ": " +
                                    std::string(missing->why) + ".");
        } else if (std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end()) {
            Words& known = section.options[name == "channel" ? "channels" : name];
            const bool adds =
                name == "pattern" || name == "patterns" || name == "channel" || name == "channels";
            if (!adds) known.clear();
            known.insert(known.end(), words.begin(), words.end());
        } else {
            section.notes.push_back("Line " + std::to_string(number) +
                                    " has an option that mbsync does not define; it was left out.");
        }
    }

    const Section* find(std::string_view kind, const std::string& name) const {
        const auto found = std::find_if(sections_.begin(), sections_.end(), [&](const Section& one) {
            return one.kind == kind && one.name == name;
        });
        return found == sections_.end() ? nullptr : &*found;
    }

    static std::string place(const Section& channel, const char* name, const char* older) {
        return channel.has(name) ? channel.word(name) : channel.word(older);
    }

    void write_channel(const Section& channel) {
        Import::Account& account = import_.add(channel.name);
        const auto [far, far_box] = split_place(place(channel, "far", "master"));
        const auto [near, near_box] = split_place(place(channel, "near", "slave"));
        const Section* imap = find("imapstore", far);
        const Section* local = find("maildirstore", near);
        if (imap == nullptr || local == nullptr) {
            account.disable(
                "It does not fetch from an IMAP server (Far) into a Maildir (Near); no equivalent.");
            return;
        }
        write_direction(channel, account);
        write_source(*imap, far_box, channel, account);
        const std::string inbox = local->has("inbox") ? local->word("inbox") : "~/Maildir";
        std::string path = near_box.empty() || near_box == "INBOX" ? inbox : local->word("path") + near_box;
        while (path.size() > 1 && path.ends_with('/'))
            path.pop_back();
        account.set("to", make_store("maildir", path) + (account.has("mailboxes") ? "/%m" : ""));
        for (const std::string& note : local->notes)
            account.note(note);
        for (const std::string& note : channel.notes)
            account.note(note);
        for (const Section* section : {&channel, local}) {
            if (section->has("maxsize") && section->word("maxsize") != "0" && !account.has("max-size"))
                account.set("max-size", octets_of(section->word("maxsize")));
        }
        account.set_flag("keep", true);
    }

    // One way, when all that is said of directions is Pull.
    void write_direction(const Section& channel, Import::Account& account) const {
        const Words& sync = channel.has("sync") ? channel.words("sync") : sections_.front().words("sync");
        bool pull = false;
        bool push = false;
        bool types = false;
        for (const std::string& word : sync) {
            const std::string lower = ascii::to_lower(word);
            if (lower == "none") return account.disable("Its Sync is None: it fetches nothing.");
            pull = pull || lower.starts_with("pull");
            push = push || lower.starts_with("push");
            types = types || lower == "all" || lower == "delete" || lower == "flags" ||
                    lower.ends_with("delete") || lower.ends_with("flags");
        }
        if (!pull && push) return account.disable("It only pushes to the server; no equivalent.");
        if (pull != push) {
            const bool only_new = !types && std::any_of(sync.begin(), sync.end(), [](const std::string& word) {
                return ascii::to_lower(word).ends_with("new");
            });
            if (!only_new)
                account.note("No equivalent of pulling flags and deletions: messages are fetched once.");
        } else {
            account.note(
                "There is no synchronisation in both directions: this fetches what is new on the server and "
                "changes nothing there.");
        }
        if (const std::string expunge =
                channel.has("expunge") ? channel.word("expunge") : sections_.front().word("expunge");
            !expunge.empty() && !ascii::equals_ignore_case(expunge, "none"))
            account.note_without("expunge",
                                 "see delete-removed, which deletes from the server what was removed here");
    }

    void write_source(const Section& store, const std::string& box, const Section& channel,
                      Import::Account& account) const {
        const Section* named = find("imapaccount", store.word("account"));
        const Section& server = named == nullptr ? store : *named;
        for (const std::string& note : store.notes)
            account.note(note);
        if (named != nullptr) {
            for (const std::string& note : named->notes)
                account.note(note);
        }
        // The older spelling: "imaps:HOST".
        std::string host = server.word("host");
        const bool old_imaps = host.starts_with("imaps:");
        if (old_imaps || host.starts_with("imap:")) host.erase(0, host.find(':') + 1);
        const std::string type = ascii::to_lower(server.word("ssltype"));
        const bool imaps =
            old_imaps || type == "imaps" || ascii::equals_ignore_case(server.word("useimaps"), "yes");
        const auto port = ascii::parse_number(server.word("port"));
        if (server.has("tunnel")) {
            account.set_tunnel(server.word("tunnel"));
            if (host.empty()) host = "localhost";
        }
        const std::string mailbox = box == "INBOX" || box.empty() ? "" : store.word("path") + box;
        account.set("source",
                    make_url(imaps ? "imaps" : "imap", server.word("user"), host, port.value_or(0), mailbox));
        if (type == "none" || server.has("tunnel")) {
            account.set("tls", "none");
        } else if (ascii::equals_ignore_case(server.word("requiressl"), "no") && !imaps) {
            account.note("mbsync goes on without TLS where the server has none; mail-fetch does not.");
        }
        write_patterns(store, channel, box, account);
        if (const auto seconds = ascii::parse_number(server.word("timeout")); seconds && *seconds != 0)
            account.set_number("timeout", *seconds);
        if (server.has("certificatefile")) account.set("tls-ca", server.word("certificatefile"));
        if (server.has("clientcertificate")) account.set("tls-cert", server.word("clientcertificate"));
        if (server.has("clientkey")) account.set("tls-key", server.word("clientkey"));
        if (server.has("passcmd")) {
            const std::string command = server.word("passcmd");
            account.set("password-command", command.starts_with('+') ? command.substr(1) : command);
        } else if (server.has("pass")) {
            account.note_password();
        }
    }

    static void write_patterns(const Section& store, const Section& channel, const std::string& box,
                               Import::Account& account) {
        std::vector<std::string> patterns;
        for (const char* name : {"pattern", "patterns"}) {
            for (const std::string& pattern : channel.words(name)) {
                if (pattern.starts_with('!')) {
                    account.note("No equivalent of a pattern that excludes mailboxes: " + pattern + ".");
                } else {
                    patterns.push_back(store.word("path") + box + pattern);
                }
            }
        }
        if (!patterns.empty()) {
            account.set("mailboxes", patterns);
            account.note("Each mailbox becomes a folder of one Maildir, as with SubFolders Maildir++.");
        }
        if (ascii::equals_ignore_case(store.word("subscribedonly"), "yes") && !patterns.empty())
            account.set_flag("subscribed", true);
    }

    void write_group(const Section& group) {
        std::string text = "Group " + group.name + ": mail-fetch";
        for (const std::string& channel : group.words("channels"))
            text += " @" + channel.substr(0, channel.find(':'));
        import_.note(text);
    }

    Import& import_;
    std::vector<Section> sections_;
};

}  // namespace

void import_mbsyncrc(std::string_view text, Import& import) {
    Reader(import).read(text);
}

}  // namespace mailpipe::app::config
