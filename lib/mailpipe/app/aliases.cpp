#include "mailpipe/app/aliases.hpp"

#include <algorithm>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kInclude = ":include:";

// Where the first of `ends` stands outside of quotes.
std::size_t find_unquoted(std::string_view text, std::string_view ends) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && quoted) {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && ends.find(text[i]) != std::string_view::npos) {
            return i;
        }
    }
    return std::string_view::npos;
}

std::string unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
    std::string plain;
    text = text.substr(1, text.size() - 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        plain += text[i];
    }
    return plain;
}

std::vector<std::string> split_values(std::string_view text) {
    std::vector<std::string> values;
    while (!text.empty()) {
        const std::size_t comma = std::min(find_unquoted(text, ","), text.size());
        const std::string_view value = ascii::trim(text.substr(0, comma));
        if (!value.empty()) values.emplace_back(value);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return values;
}

struct Line {
    std::size_t number = 0;
    std::string text;
};

// With what goes on in the next lines, without comments and empty lines.
std::vector<Line> logical_lines(std::string_view text) {
    std::vector<Line> lines;
    std::size_t number = 0;
    for (std::string_view line : ascii::split(text, '\n')) {
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string_view content = ascii::trim(line);
        if (content.empty() || content.front() == '#') continue;
        if ((line.front() == ' ' || line.front() == '\t') && !lines.empty()) {
            lines.back().text += ' ';
            lines.back().text += content;
        } else {
            lines.push_back({number, std::string(content)});
        }
    }
    return lines;
}

std::optional<std::string> why_refused(std::string_view value) {
    if (value.starts_with('|') || value.starts_with("\"|")) return "a command, which is not run here";
    if (value.starts_with('/') || value.starts_with("\"/")) return "a file, which is not written here";
    return std::nullopt;
}

}  // namespace

std::optional<smtp::Mailbox> without_detail(const smtp::Mailbox& mailbox, std::string_view separators) {
    const std::size_t detail = mailbox.local_part.find_first_of(separators);
    if (detail == std::string::npos || detail == 0) return std::nullopt;
    return smtp::Mailbox{mailbox.local_part.substr(0, detail), mailbox.domain};
}

struct Aliases::Expansion {
    const FileReader& read_file;
    std::vector<smtp::Mailbox> found = {};
    std::set<std::string> seen = {};
    std::string within = {};  // the alias whose values are looked at

    Fail wrong(const std::string& what) const {
        return fail(Errc::config, within.empty() ? what : "alias " + within + ": " + what);
    }
};

Result<Aliases> Aliases::parse(std::string_view text, const std::string& file, AliasScope scope) {
    if (text.size() > limits::kAliasesFile) return fail(Errc::config, file + ": larger than kAliasesFile");
    Aliases aliases(std::move(scope));
    for (const Line& line : logical_lines(text)) {
        const std::size_t colon = find_unquoted(line.text, ":");
        const std::string where = file + ":" + std::to_string(line.number) + ": ";
        if (colon == std::string_view::npos || colon == 0)
            return fail(Errc::config, where + "no \"name: value\"");
        const std::string name =
            ascii::to_lower(unquote(ascii::trim(std::string_view(line.text).substr(0, colon))));
        aliases.names_[name] = split_values(std::string_view(line.text).substr(colon + 1));
    }
    return aliases;
}

Result<std::vector<smtp::Mailbox>> Aliases::expand(std::string_view address,
                                                   const FileReader& read_file) const {
    Expansion expansion{read_file};
    if (auto done = expand_into(expansion, address, 0); !done) return tl::unexpected(done.error());
    // What is lost in a loop or an empty alias is lost for good.
    if (expansion.found.empty()) return fail(Errc::config, "it leads to nobody: see its alias");
    return std::move(expansion.found);
}

Result<void> Aliases::read_included(const FileReader& read_file) {
    for (auto& [name, values] : names_) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < values.size();) {
            if (!ascii::starts_with_ignore_case(values[i], kInclude)) {
                ++i;
                continue;
            }
            const std::string path = unquote(ascii::trim(std::string_view(values[i]).substr(kInclude.size())));
            values.erase(values.begin() + static_cast<std::ptrdiff_t>(i));
            if (!path.starts_with('/'))
                return fail(Errc::config, "alias " + name + ": an included file has an absolute path");
            if (!seen.insert(path).second) continue;
            const auto text = read_file(path);
            if (!text) return fail(Errc::config, "alias " + name + ": " + text.error().message);
            std::vector<std::string> included;
            for (const Line& line : logical_lines(*text)) {
                for (std::string& value : split_values(line.text))
                    included.push_back(std::move(value));
            }
            values.insert(values.begin() + static_cast<std::ptrdiff_t>(i), included.begin(), included.end());
        }
    }
    return {};
}

Aliases::Names::const_iterator Aliases::find_name(const std::string& local_part,
                                                  const std::string& domain) const {
    const auto address = names_.find(local_part + '@' + domain);
    if (address != names_.end()) return address;
    const auto& domains = scope_.domains;
    return std::find(domains.begin(), domains.end(), domain) == domains.end() ? names_.end()
                                                                              : names_.find(local_part);
}

Aliases::Names::const_iterator Aliases::find(const smtp::Mailbox& mailbox) const {
    const std::string local_part = ascii::to_lower(mailbox.local_part);
    const auto whole = find_name(local_part, mailbox.domain);
    if (whole != names_.end()) return whole;
    const auto exists = [this](const smtp::Mailbox& one) { return scope_.exists && scope_.exists(one); };
    if (exists(mailbox)) return names_.end();
    if (const auto plain = without_detail(mailbox, scope_.detail_separators)) {
        const auto alias = find_name(ascii::to_lower(plain->local_part), plain->domain);
        if (alias != names_.end() || exists(*plain)) return alias;
    }
    return scope_.exists ? names_.find('@' + mailbox.domain) : names_.end();
}

std::vector<std::string> Aliases::names() const {
    std::vector<std::string> names;
    for (const auto& [name, values] : names_)
        names.push_back(name);
    return names;
}

Result<void> Aliases::expand_into(Expansion& expansion, std::string_view address, std::size_t depth) const {
    if (depth > limits::kAliasDepth) return expansion.wrong("names are nested deeper than kAliasDepth");
    if (const auto refused = why_refused(address)) return expansion.wrong("it leads to " + *refused);
    if (ascii::starts_with_ignore_case(address, kInclude))
        return include(expansion, unquote(ascii::trim(address.substr(kInclude.size()))), depth);
    const bool is_final = address.starts_with('\\');
    if (is_final) address.remove_prefix(1);
    const bool is_local = find_unquoted(address, "@") == std::string_view::npos;
    const std::string full = std::string(address) + (is_local ? "@" + scope_.domains.front() : "");
    auto mailbox = smtp::parse_mailbox(full, true);
    if (!mailbox) {
        const std::string what =
            "\"" + std::string(address) + "\" is not an address: " + mailbox.error().message;
        if (expansion.within.empty()) return fail(Errc::data, what);
        return expansion.wrong(what);
    }
    const auto alias = is_final ? names_.end() : find(*mailbox);
    const bool has_alias = alias != names_.end();
    const std::string name = has_alias ? alias->first : "";
    if (has_alias && expansion.seen.insert(name).second) {
        const std::string outer = std::exchange(expansion.within, name);
        for (const std::string& value : alias->second) {
            if (auto done = expand_into(expansion, value, depth + 1); !done) return done;
        }
        expansion.within = outer;
        return {};
    }
    // A name that has been met leads to nothing new, but that it leads to itself.
    if (has_alias && expansion.within != name) return {};
    auto& found = expansion.found;
    if (std::find(found.begin(), found.end(), *mailbox) == found.end()) found.push_back(std::move(*mailbox));
    return {};
}

Result<void> Aliases::include(Expansion& expansion, const std::string& path, std::size_t depth) const {
    if (!path.starts_with('/')) return expansion.wrong("an included file has an absolute path");
    if (!expansion.seen.insert(std::string(kInclude) + path).second) return {};
    const auto text = expansion.read_file(path);
    if (!text) return expansion.wrong(text.error().message);
    for (const Line& line : logical_lines(*text)) {
        for (const std::string& value : split_values(line.text)) {
            if (auto done = expand_into(expansion, value, depth + 1); !done) return done;
        }
    }
    return {};
}

}  // namespace mailpipe::app
