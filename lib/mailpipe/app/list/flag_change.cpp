#include "mailpipe/app/list/flag_change.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::array<std::string_view, 6> kNamed{"seen",    "answered", "flagged",
                                                 "deleted", "draft",    "forwarded"};
constexpr std::size_t kSystem = 5;  // of them; the last one is a keyword in IMAP
constexpr std::size_t kLongest = 255;

bool is_one_of(std::string_view name, std::size_t count) {
    const auto end = kNamed.begin() + static_cast<std::ptrdiff_t>(count);
    return std::find(kNamed.begin(), end, name) != end;
}

// RFC 8621 section 4.1.1: %x21-%x7e without ( ) { ] % * " and backslash; here also without "[" and "}".
bool is_keyword(std::string_view name) {
    return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("(){}[]%*\"\\").find(c) == std::string_view::npos;
    });
}

Result<std::string> parse_flag(std::string_view text) {
    const std::string name = ascii::to_lower(text);
    if (name.starts_with('\\')) {
        const std::string system = name.substr(1);
        if (is_one_of(system, kSystem)) return "$" + system;
        return fail(Errc::usage, "\"" + std::string(text) +
                                     "\" is no flag that can be changed; there are "
                                     "\\Seen, \\Answered, \\Flagged, \\Deleted and \\Draft");
    }
    if (is_one_of(name, kNamed.size())) return "$" + name;
    if (name == "recent" || name == "$recent")
        return fail(Errc::usage, "\"recent\" is set by the server alone");
    // "--json" is an option that was meant to follow.
    if (!is_keyword(name) || name[0] == '-' || name[0] == '+')
        return fail(Errc::usage, "\"" + std::string(text) + "\" cannot be the name of a flag");
    return name;
}

}  // namespace

Result<store::FlagChange> parse_flag_change(const std::vector<std::string>& words) {
    store::FlagChange change;
    for (const std::string& word : words) {
        for (const std::string_view item : ascii::split_words(word)) {
            if (item[0] != '+' && item[0] != '-') {
                return fail(Errc::usage, "\"" + std::string(item) + "\" has no sign; write +" +
                                             std::string(item) + " to set it or -" + std::string(item) +
                                             " to clear it");
            }
            auto flag = parse_flag(item.substr(1));
            if (!flag) return tl::unexpected(flag.error());
            (item[0] == '+' ? change.add : change.remove).push_back(std::move(*flag));
        }
    }
    if (change.add.empty() && change.remove.empty())
        return fail(Errc::usage, "names no flag; write +Seen to set one or -Seen to clear it");
    for (const std::string& flag : change.add) {
        if (std::find(change.remove.begin(), change.remove.end(), flag) != change.remove.end())
            return fail(Errc::usage, "\"" + flag + "\" is to be set and cleared");
    }
    return change;
}

}  // namespace mailpipe::app
