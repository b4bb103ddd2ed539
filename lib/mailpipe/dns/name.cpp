#include "mailpipe/dns/name.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::dns {
namespace {

constexpr std::size_t kLabel = 63;
constexpr std::size_t kName = 253;

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= kLabel && std::all_of(label.begin(), label.end(), [](char c) {
        return ascii::is_alnum(c) || c == '-' || c == '_';
    });
}

}  // namespace

Result<std::string> canonical_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty() || text.size() > kName) return fail(Errc::data, "a domain name has 1 to 253 octets");
    for (const std::string_view label : ascii::split(text, '.')) {
        if (!is_label(label)) {
            return fail(Errc::data,
                        "a domain name has labels of 1 to 63 letters, digits and hyphens between its dots");
        }
    }
    return ascii::to_lower(text);
}

bool matches_domain(std::string_view name, std::string_view pattern) {
    if (pattern == "*") return true;
    if (pattern.starts_with('.')) return name.size() > pattern.size() && name.ends_with(pattern);
    return name == pattern;
}

Result<std::string> take_wire_name(std::string_view& octets) {
    std::string name;
    while (true) {
        if (octets.empty()) return fail(Errc::data, "a name in DNS data ends early");
        const auto length = static_cast<unsigned char>(octets.front());
        octets.remove_prefix(1);
        if (length == 0) return name.empty() ? "." : name;
        if (length > kLabel || octets.size() < length)
            return fail(Errc::data, "a name in DNS data is malformed");
        const std::string_view label = octets.substr(0, length);
        octets.remove_prefix(length);
        if (!is_label(label)) return fail(Errc::data, "a name in DNS data is no host name");
        if (!name.empty()) name += '.';
        name += ascii::to_lower(label);
        if (name.size() > kName) return fail(Errc::data, "a name in DNS data is longer than 253 octets");
    }
}

}  // namespace mailpipe::dns
