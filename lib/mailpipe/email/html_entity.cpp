#include "mailpipe/email/html_entity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/html_entity_table.hpp"

namespace mailpipe::email {
namespace {

constexpr std::size_t kLongestName = 31;
constexpr std::size_t kShortestLegacyName = 2;
constexpr std::size_t kLongestLegacyName = 6;

// Numbers from 0x80 to 0x9F mean windows-1252, as the standard says; what that has not stays a control.
constexpr std::array<char32_t, 32> kWindows1252{
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
};

struct Entity {
    std::string_view points;  // hexadecimal, "+" between
    bool legacy = false;      // good without a semicolon
};

// By bisection in the text of the table itself: nothing to build, nothing to keep.
std::optional<Entity> find_entity(std::string_view name) {
    std::size_t low = 0;
    std::size_t high = kHtmlEntities.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::size_t comma = kHtmlEntities.rfind(',', middle == 0 ? 0 : middle - 1);
        const std::size_t begin = comma == std::string_view::npos || comma < low ? low : comma + 1;
        const std::size_t end = kHtmlEntities.find(',', begin);
        const std::string_view entry = kHtmlEntities.substr(begin, end - begin);
        const std::size_t sign = entry.find_first_of("=:");
        const int order = entry.substr(0, sign).compare(name);
        if (order == 0) return Entity{entry.substr(sign + 1), entry[sign] == ':'};
        if (order < 0) {
            low = end + 1;
        } else {
            high = begin;
        }
    }
    return std::nullopt;
}

void append_points(std::string_view points, std::string& out) {
    while (!points.empty()) {
        std::uint32_t point = 0;
        const auto parsed = std::from_chars(points.data(), points.data() + points.size(), point, 16);
        append_utf8(point, out);
        points.remove_prefix(static_cast<std::size_t>(parsed.ptr - points.data()));
        if (!points.empty()) points.remove_prefix(1);
    }
}

// &#123; &#x1F600; and both without the semicolon.
std::size_t append_number(std::string_view text, std::string& out) {
    const bool hex = text.size() > 2 && ascii::lower(text[2]) == 'x';
    const std::size_t begin = hex ? 3 : 2;
    std::uint32_t point = 0;
    const char* first = text.data() + std::min(begin, text.size());
    const char* last = text.data() + text.size();
    const auto parsed = std::from_chars(first, last, point, hex ? 16 : 10);
    if (parsed.ptr == first) return 0;
    if (parsed.ec != std::errc{} || point == 0) point = 0xFFFD;
    if (point >= 0x80 && point <= 0x9F) point = kWindows1252[point - 0x80];
    append_utf8(point, out);
    const auto end = static_cast<std::size_t>(parsed.ptr - text.data());
    return end < text.size() && text[end] == ';' ? end + 1 : end;
}

}  // namespace

std::size_t append_html_reference(std::string_view text, bool in_attribute, std::string& out) {
    if (text.size() < 2) return 0;
    if (text[1] == '#') return append_number(text, out);
    std::size_t length = 0;
    while (length <= kLongestName && length + 1 < text.size() && ascii::is_alnum(text[length + 1]))
        ++length;
    if (length + 1 < text.size() && text[length + 1] == ';') {
        if (const auto entity = find_entity(text.substr(1, length))) {
            append_points(entity->points, out);
            return length + 2;
        }
    }
    const bool no_value = length + 1 < text.size() && text[length + 1] == '=';
    for (std::size_t part = std::min(length, kLongestLegacyName); part >= kShortestLegacyName; --part) {
        const auto entity = find_entity(text.substr(1, part));
        if (!entity || !entity->legacy) continue;
        if (in_attribute && (part < length || no_value)) return 0;
        append_points(entity->points, out);
        return part + 1;
    }
    return 0;
}

std::string decode_html_references(std::string_view text, bool in_attribute) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t ampersand = std::min(text.find('&'), text.size());
        out += text.substr(0, ampersand);
        text.remove_prefix(ampersand);
        if (text.empty()) break;
        std::size_t length = append_html_reference(text, in_attribute, out);
        if (length == 0) {
            out += '&';
            length = 1;
        }
        text.remove_prefix(length);
    }
    return out;
}

}  // namespace mailpipe::email
