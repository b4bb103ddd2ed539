#include "mailpipe/app/config/config.hpp"

#include <algorithm>
#include <utility>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "mailpipe/app/config/key_parts.hpp"
#include "mailpipe/app/config/limits.hpp"
#include "mailpipe/app/config/paths.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/edit_distance.hpp"

namespace mailpipe::app::config {
namespace {

constexpr std::string_view kPasswords =
    "a password does not belong into this file; use password-command, password-file, $MAILPIPE_PASSWORD or "
    "~/.netrc";

using Fault = std::optional<std::string>;

Fault no_control(const std::string& text, bool lines) {
    const bool bad = std::any_of(text.begin(), text.end(),
                                 [lines](char c) { return lines ? c == '\0' : ascii::is_control(c); });
    return bad ? Fault(lines ? "holds NUL" : "holds a control character") : std::nullopt;
}

Fault read_number(const toml::node& node, bool fraction, Value& value) {
    if (const auto integer = node.value_exact<std::int64_t>()) {
        value.number = static_cast<double>(*integer);
    } else if (const auto real = node.value_exact<double>(); real && fraction) {
        value.number = *real;
    } else {
        return fraction ? "is a number" : "is a whole number";
    }
    return value.number < 0 ? Fault("is a number from 0") : std::nullopt;
}

Fault read_texts(const toml::node& node, bool many, Value& value) {
    const char* wrong = many ? "is a string or an array of strings" : "is a string";
    if (const auto text = node.value_exact<std::string>()) {
        value.texts.push_back(*text);
        return std::nullopt;
    }
    const toml::array* array = many ? node.as_array() : nullptr;
    if (array == nullptr) return wrong;
    for (const toml::node& element : *array) {
        const auto text = element.value_exact<std::string>();
        if (!text) return wrong;
        value.texts.push_back(*text);
    }
    return std::nullopt;
}

Fault read_value(const toml::node& node, ValueKind kind, Value& value) {
    switch (kind) {
        case ValueKind::flag: {
            const auto flag = node.value_exact<bool>();
            value.flag = flag.value_or(false);
            return flag ? std::nullopt : Fault("is true or false");
        }
        case ValueKind::count:
            return read_number(node, false, value);
        case ValueKind::seconds:
            return read_number(node, true, value);
        case ValueKind::quantity:
            if (const auto integer = node.value_exact<std::int64_t>(); integer && *integer >= 0) {
                value.texts.push_back(std::to_string(*integer));
                return std::nullopt;
            }
            return node.is_string() ? read_texts(node, false, value) : Fault("is a string or a whole number");
        case ValueKind::texts:
        case ValueKind::locations:
        case ValueKind::rules:
            return read_texts(node, true, value);
        case ValueKind::text:
        case ValueKind::command:
        case ValueKind::path:
        case ValueKind::location:
            return read_texts(node, false, value);
    }
    return std::nullopt;
}

Fault make_absolute(ValueKind kind, const std::string& home, Value& value) {
    const auto absolute = kind == ValueKind::path                                       ? absolute_path
                          : kind == ValueKind::rules                                    ? absolute_rule
                          : kind == ValueKind::location || kind == ValueKind::locations ? absolute_location
                                                                                        : nullptr;
    if (absolute == nullptr) return std::nullopt;
    for (std::string& text : value.texts) {
        auto made = absolute(text, home);
        if (!made) return made.error().message;
        text = std::move(*made);
    }
    return std::nullopt;
}

bool is_account_name(std::string_view name) {
    return !name.empty() && name != "all" && std::all_of(name.begin(), name.end(), [](char c) {
        return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
    });
}

// What toml++ says, without what it was about to do.
std::string grammar_error(const toml::parse_error& error) {
    std::string text(error.description());
    if (const std::size_t colon = text.find(": ");
        text.starts_with("Error while parsing") && colon != text.npos)
        text.erase(0, colon + 2);
    return text;
}

class Reader {
 public:
    Reader(const std::string& file, const std::string& home) : file_(file), home_(home) {}

    void read(std::string_view text) {
        if (text.size() > limits::kConfigFile)
            return add_error(1, "the file is larger than kConfigFile (1 MiB)");
        if (const auto line = find_long_key(text))
            return add_error(*line, "a key has more parts than kConfigKeyParts (16)");
        const auto parsed = toml::parse(text);
        if (!parsed) return add_error(parsed.error().source().begin.line, grammar_error(parsed.error()));
        for (const auto& [key, node] : parsed.table())
            read_top(key, node);
    }

    Parsed take() {
        const auto by_line = [](const auto& a, const auto& b) { return a.first < b.first; };
        std::stable_sort(accounts_.begin(), accounts_.end(), by_line);
        for (auto& [place, account] : accounts_)
            parsed_.config.accounts.push_back(std::move(account));
        std::stable_sort(errors_.begin(), errors_.end(), by_line);
        for (const auto& [line, text] : errors_)
            parsed_.errors.push_back(file_ + ":" + std::to_string(line) + ": " + text);
        return std::move(parsed_);
    }

 private:
    void add_error(std::size_t line, std::string text) { errors_.emplace_back(line, std::move(text)); }
    static std::size_t line_of(const toml::key& key) { return key.source().begin.line; }

    void read_top(const toml::key& key, const toml::node& node) {
        const std::string_view name = key.str();
        if (name != "defaults" && name != "host" && name != "account" && name != "send") {
            const std::string nearest = nearest_word(name, {"defaults", "host", "account", "send"});
            const std::string what = node.is_table() ? "section" : "key";
            return add_error(line_of(key), "unknown " + what + " \"" + std::string(name) + "\"" +
                                               (nearest.empty() ? "; sections are [defaults], [host.\"NAME\"], "
                                                                  "[account.NAME] and [send]"
                                                                : "; did you mean \"" + nearest + "\"?"));
        }
        const toml::table* table = node.as_table();
        if (table == nullptr) return add_error(line_of(key), "\"" + std::string(name) + "\" is a section");
        if (name == "defaults")
            return read_section(*table, "[defaults]", kDefaults, parsed_.config.defaults, nullptr);
        if (name == "send") return read_section(*table, "[send]", kSend, parsed_.config.send, nullptr);
        for (const auto& [inner, value] : *table) {
            const toml::table* section = value.as_table();
            if (section == nullptr) {
                add_error(line_of(inner), "\"" + std::string(inner.str()) + "\" in [" + std::string(name) +
                                              "] is a section; write [" + std::string(name) + ".NAME]");
            } else if (name == "host") {
                read_host(inner, *section);
            } else {
                read_account(inner, *section);
            }
        }
    }

    void read_host(const toml::key& key, const toml::table& table) {
        const std::string name(key.str());
        const std::string lower = ascii::to_lower(name);
        if (parsed_.config.hosts.contains(lower))
            return add_error(line_of(key), "the host \"" + name + "\" has two sections");
        read_section(table, "[host.\"" + name + "\"]", kHost, parsed_.config.hosts[lower], nullptr);
    }

    void read_account(const toml::key& key, const toml::table& table) {
        Account account;
        account.name = key.str();
        const std::string title = "[account." + account.name + "]";
        if (!is_account_name(account.name))
            return add_error(line_of(key),
                             title +
                                 ": a name has letters, digits, \"-\", \"_\" and \".\", and is not "
                                 "\"all\"");
        read_section(table, title, kAccount, account.settings, &account);
        if (!table.contains("source") && !table.contains("server"))
            add_error(line_of(key), title + " has neither a source nor a server");
        const auto begin = key.source().begin;
        accounts_.emplace_back(std::pair(begin.line, begin.column), std::move(account));
    }

    // `account` takes what is no setting; nullptr: the section is none.
    void read_section(const toml::table& table, const std::string& title, Sections kind, Section& section,
                      Account* account) {
        for (const auto& [name, node] : table)
            read_key(name, node, title, kind, section, account);
        for (const auto& [key, value] : section) {
            for (const std::string_view other : key->replaces) {
                const auto beside = section.find(find_key(other));
                if (beside == section.end() || !is_on(*key, value) || !is_on(*beside->first, beside->second))
                    continue;
                // Each of the two may say so of the other.
                if (key->name > other && find_replacing(*beside->first, key->name)) continue;
                const std::size_t line = std::max(line_in(table, key->name), line_in(table, other));
                add_error(line, "\"" + std::string(key->name) + "\" and \"" + std::string(other) + "\" in " +
                                    title + " contradict each other");
            }
        }
    }

    static bool is_on(const Key& key, const Value& value) { return key.kind != ValueKind::flag || value.flag; }
    static bool find_replacing(const Key& key, std::string_view name) {
        return std::find(key.replaces.begin(), key.replaces.end(), name) != key.replaces.end();
    }
    static std::size_t line_in(const toml::table& table, std::string_view name) {
        const auto found = table.find(name);
        return found == table.end() ? 0 : line_of(found->first);
    }

    void read_key(const toml::key& name, const toml::node& node, const std::string& title, Sections kind,
                  Section& section, Account* account) {
        const std::size_t line = line_of(name);
        const std::string quoted = "\"" + std::string(name.str()) + "\" in " + title;
        const Key* key = find_key(name.str());
        if (key == nullptr) return add_error(line, unknown_key(name.str(), quoted, kind));
        if ((key->sections & kind) == 0) return add_error(line, misplaced_key(*key, quoted));
        Value value;
        Fault fault = read_value(node, key->kind, value);
        if (!fault && key->kind == ValueKind::locations && value.texts.empty()) fault = "is empty";
        for (const std::string& text : value.texts) {
            if (!fault) fault = no_control(text, key->kind == ValueKind::command);
        }
        if (!fault) fault = make_absolute(key->kind, home_, value);
        if (!fault) {
            Settings scratch;
            if (auto applied = key->apply(value, scratch); !applied) fault = applied.error().message;
        }
        if (fault) return add_error(line, quoted + (fault->starts_with("is ") ? " " : ": ") + *fault);
        if (account != nullptr && key->name == "source") {
            account->sources = std::move(value.texts);
        } else if (account != nullptr && key->name == "server") {
            account->server = std::move(value.texts[0]);
        } else {
            section.emplace(key, std::move(value));
        }
    }

    static std::string unknown_key(std::string_view name, const std::string& quoted, Sections kind) {
        if (name == "password" || name == "pass" || name == "passwd")
            return quoted + ": " + std::string(kPasswords);
        std::vector<std::string> known;
        for (const Key& key : keys()) {
            if ((key.sections & kind) != 0) known.emplace_back(key.name);
        }
        const std::string nearest = nearest_word(name, known);
        return "unknown key " + quoted + (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?");
    }

    static std::string misplaced_key(const Key& key, const std::string& quoted) {
        std::string places;
        for (const auto& [section, title] :
             {std::pair(kDefaults, "[defaults]"), std::pair(kHost, "[host.\"NAME\"]"),
              std::pair(kAccount, "[account.NAME]"), std::pair(kSend, "[send]")}) {
            if ((key.sections & section) != 0) places += (places.empty() ? "" : " or ") + std::string(title);
        }
        return quoted + ": it belongs into " + places;
    }

    const std::string& file_;
    const std::string& home_;
    Parsed parsed_;
    std::vector<std::pair<std::pair<toml::source_index, toml::source_index>, Account>>
        accounts_;                                             // by line, column
    std::vector<std::pair<std::size_t, std::string>> errors_;  // by line
};

}  // namespace

const Account* Config::find_account(std::string_view name) const {
    const auto found =
        std::find_if(accounts.begin(), accounts.end(), [name](const Account& one) { return one.name == name; });
    return found == accounts.end() ? nullptr : &*found;
}

SendSettings send_settings(const Config& config) {
    Settings settings;
    for (const auto& [key, value] : config.send) {
        // It was applied when the file was read.
        [[maybe_unused]] const auto applied = key->apply(value, settings);
    }
    return settings.send;
}

Parsed parse_config(std::string_view text, const std::string& file, const std::string& home) {
    Reader reader(file, home);
    reader.read(text);
    return reader.take();
}

}  // namespace mailpipe::app::config
