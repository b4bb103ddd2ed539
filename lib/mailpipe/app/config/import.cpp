#include "mailpipe/app/config/import.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/config/config.hpp"
#include "mailpipe/app/config/limits.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app::config {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kAccounts = 1000;
// A basic string of TOML, or a literal one where a command would be full of backslashes otherwise.
std::string quote(const std::string& text) {
    const std::string shown = terminal_text(text);
    const bool plain = shown == text && text.find('\t') == std::string::npos;
    if (plain && text.find('\'') == std::string::npos && text.find_first_of("\"\\") != std::string::npos)
        return "'" + text + "'";
    std::string quoted = "\"";
    for (const char c : plain ? text : shown) {
        if (c == '"' || c == '\\') quoted += '\\';
        if (c == '\t') {
            quoted += "\\t";
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

// "# " and the words, wrapped.
std::string comment(const std::string& text) {
    std::string out;
    std::string line = "#";
    const std::string shown = terminal_text(text);
    for (const std::string_view word : ascii::split_words(shown)) {
        if (line.size() > 1 && line.size() + 1 + word.size() > kColumns) {
            out += std::exchange(line, "#") + "\n";
        }
        line += " " + std::string(word);
    }
    return out + line + "\n";
}

bool is_accepted(const std::string& name, const std::string& lines) {
    return parse_config("[account." + name + "]\n" + lines, "", "/").errors.empty();
}

bool has_server(const std::string& name, const std::string& lines) {
    const Parsed parsed = parse_config("[account." + name + "]\n" + lines, "", "/");
    return parsed.errors.empty() && !parsed.config.accounts.empty();
}

}  // namespace

void Import::Account::put(std::string_view key, std::string literal) {
    const auto same =
        std::find_if(lines_.begin(), lines_.end(), [key](const Line& line) { return line.key == key; });
    if (same != lines_.end()) {
        same->literal = std::move(literal);
    } else {
        lines_.push_back({std::string(key), std::move(literal)});
    }
}

void Import::Account::set(std::string_view key, const std::string& text) {
    put(key, quote(text));
}

void Import::Account::set(std::string_view key, const std::vector<std::string>& texts) {
    if (texts.size() == 1) return set(key, texts[0]);
    std::string list;
    for (const std::string& text : texts)
        list += (list.empty() ? "" : ", ") + quote(text);
    put(key, "[" + list + "]");
}

void Import::Account::set_flag(std::string_view key, bool flag) {
    put(key, flag ? "true" : "false");
}

void Import::Account::set_tunnel(const std::string& command) {
    set("tunnel", command);
}

void Import::Account::set_number(std::string_view key, std::uint64_t number) {
    put(key, std::to_string(number));
}

void Import::Account::note(std::string text) {
    lines_.push_back({"", std::move(text)});
}

void Import::Account::note_password() {
    note("The password was not taken over: set password-command or password-file, or put it into ~/.netrc.");
}

void Import::Account::note_without(std::string_view option, std::string_view why) {
    note("No equivalent of " + std::string(option) + (why.empty() ? "" : ": " + std::string(why)) + ".");
}

void Import::Account::disable(std::string why) {
    disabled_ = true;
    note(std::move(why));
}

bool Import::Account::has(std::string_view key) const {
    return std::any_of(lines_.begin(), lines_.end(), [key](const Line& line) { return line.key == key; });
}

Import::Account& Import::add(const std::string& name) {
    if (accounts_.size() == kAccounts) {
        note("There are more accounts than 1000; the others were left out.");
        accounts_.push_back(std::make_unique<Account>("too-many"));
        accounts_.back()->disable("This is what the accounts behind the thousandth have.");
    }
    if (accounts_.size() > kAccounts) return *accounts_.back();
    std::string plain;
    for (const char c : name.substr(0, 100))
        plain += ascii::is_alnum(c) || c == '-' || c == '_' ? c : '-';
    if (plain.empty() || plain == "all") plain = "account";
    std::string unique = plain;
    const auto is_taken = [this, &unique] {
        return std::any_of(accounts_.begin(), accounts_.end(),
                           [&unique](const auto& account) { return account->name_ == unique; });
    };
    for (int number = 2; is_taken(); ++number)
        unique = plain + "-" + std::to_string(number);
    return *accounts_.emplace_back(std::make_unique<Account>(unique));
}

void Import::note(std::string text) {
    notes_.push_back(std::move(text));
}

std::string Import::text() const {
    std::string out;
    for (const std::string& note : notes_)
        out += comment(note);
    for (const auto& account : accounts_) {
        std::string kept;   // all that is accepted together
        std::string shown;  // with the comments
        const auto take = [&](const Account::Line& line) {
            const std::string text = line.key + " = " + line.literal + "\n";
            if (is_accepted(account->name_, kept + text)) {
                kept += text;
                shown += text;
            } else {
                shown += comment("config.toml cannot say: " + line.key + " = " + line.literal);
            }
        };
        // An account needs one of these before anything else is right.
        for (const Account::Line& line : account->lines_) {
            if (line.key == "source" || line.key == "server") take(line);
        }
        const bool usable = !account->disabled_ && has_server(account->name_, kept);
        for (const Account::Line& line : account->lines_) {
            if (line.key.empty()) {
                shown += comment(line.literal);
            } else if (line.key != "source" && line.key != "server") {
                usable ? take(line) : void(shown += line.key + " = " + line.literal + "\n");
            }
        }
        out += (out.empty() ? "" : "\n");
        if (usable) {
            out += "[account." + account->name_ + "]\n" + shown;
            continue;
        }
        out += "# [account." + account->name_ + "]\n";
        for (const std::string_view line : ascii::split(shown, '\n')) {
            if (!line.empty()) out += (line.front() == '#' ? "" : "# ") + std::string(line) + "\n";
        }
    }
    return out;
}

std::string make_url(std::string_view scheme, std::string_view user, std::string_view host, std::uint64_t port,
                     std::string_view mailbox) {
    std::string url = std::string(scheme) + "://";
    if (!user.empty()) url += encode_percent(user) + "@";
    url += host.find(':') != std::string_view::npos ? "[" + std::string(host) + "]" : std::string(host);
    if (port != 0) url += ":" + std::to_string(port);
    if (!mailbox.empty()) url += "/" + encode_percent(mailbox, "/=+,");
    return url;
}

std::string make_store(std::string_view scheme, std::string_view path) {
    return std::string(scheme) + ":" + encode_percent(path, "/~=+,@:");
}

std::string shell_command(const std::vector<std::string>& arguments) {
    std::string command;
    for (const std::string& argument : arguments) {
        const bool plain = !argument.empty() && std::all_of(argument.begin(), argument.end(), [](char c) {
            return ascii::is_alnum(c) || std::string_view("-_./:=@%+,").find(c) != std::string_view::npos;
        });
        command += command.empty() ? "" : " ";
        if (plain) {
            command += argument;
            continue;
        }
        command += '\'';
        for (const char c : argument)
            command += c == '\'' ? std::string("'\\''") : std::string(1, c);
        command += '\'';
    }
    return command;
}

Result<std::string> import_config(Dialect dialect, std::string_view text) {
    if (text.size() > limits::kConfigFile)
        return fail(Errc::limit, "the file is larger than kConfigFile (1 MiB)");
    Import import;
    switch (dialect) {
        case Dialect::fetchmailrc:
            import_fetchmailrc(text, import);
            break;
        case Dialect::getmailrc:
            import_getmailrc(text, import);
            break;
        case Dialect::mpoprc:
            import_mpoprc(text, import);
            break;
        case Dialect::mbsyncrc:
            import_mbsyncrc(text, import);
            break;
        case Dialect::msmtprc:
            import_msmtprc(text, import);
            break;
    }
    return import.text();
}

}  // namespace mailpipe::app::config
