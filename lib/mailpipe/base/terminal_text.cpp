#include "mailpipe/base/terminal_text.hpp"

#include <algorithm>
#include <cstdint>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};
constexpr Range kHidden[] = {
    {0x7F, 0x9F},        // DEL and C1, of which U+009B begins what ESC [ begins
    {0x61C, 0x61C},      // ARABIC LETTER MARK
    {0x200E, 0x200F},    // left-to-right and right-to-left mark
    {0x2028, 0x202E},    // line and paragraph separator, embeddings and overrides
    {0x2066, 0x206F},    // isolates, and the deprecated controls of shaping
    {0xFFF9, 0xFFFB},    // interlinear annotation
    {0xE0000, 0xE00FF},  // tags: ASCII that nobody sees; E0100 to E01EF are variants of ideographs
    {0xE01F0, 0xE0FFF},
};

void append_json_unit(std::uint32_t unit, std::string& out) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += kDigits[(unit >> shift) & 0xF];
}

}  // namespace

bool is_hidden_character(char32_t point) {
    for (const Range& range : kHidden) {
        if (point <= range.last) return point >= range.first;
    }
    return false;
}

void append_json_escape(char32_t point, std::string& out) {
    if (point < 0x10000) return append_json_unit(point, out);
    append_json_unit(0xD800 + ((point - 0x10000) >> 10), out);
    append_json_unit(0xDC00 + ((point - 0x10000) & 0x3FF), out);
}

char32_t utf8_code_point(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return first < 0x80 ? first : 0xFFFD;
    static constexpr unsigned char kMask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    std::uint32_t value = first & kMask[sequence.size()];
    for (char c : sequence.substr(1))
        value = (value << 6) | (static_cast<unsigned char>(c) & 0x3F);
    return value;
}

void append_utf8(char32_t point, std::string& out) {
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) point = 0xFFFD;
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | (point >> 6));
        tail(0);
    } else if (point < 0x10000) {
        out += static_cast<char>(0xE0 | (point >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0 | (point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::size_t utf8_sequence_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text[i])) return 0;
    }
    const std::uint32_t point = utf8_code_point(text.substr(0, length));
    static constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return 0;
    return length;
}

bool is_utf8(std::string_view text) {
    while (true) {
        text.remove_prefix(ascii::prefix_length(text));
        if (text.empty()) return true;
        const std::size_t length = utf8_sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
}

std::string terminal_text(std::string_view text, bool keep_lines) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
        const bool kept_control = sequence[0] == '\t' || (keep_lines && sequence[0] == '\n');
        if (length == 0 || (length == 1 && ascii::is_control(sequence[0]) && !kept_control) ||
            (length > 1 && is_hidden_character(utf8_code_point(sequence)))) {
            out += kReplacement;
        } else {
            out += sequence;
        }
        text.remove_prefix(sequence.size());
    }
    return out;
}

std::string escape_hidden(std::string json) {
    if (ascii::is_ascii(json) && json.find('\x7F') == std::string::npos) return json;
    std::string out;
    out.reserve(json.size() + 32);
    std::string_view text = json;
    while (!text.empty()) {
        const std::string_view sequence = text.substr(0, std::max<std::size_t>(1, utf8_sequence_length(text)));
        const char32_t point = utf8_code_point(sequence);
        if (is_hidden_character(point)) {
            append_json_escape(point, out);
        } else {
            out += sequence;
        }
        text.remove_prefix(sequence.size());
    }
    return out;
}

std::string_view utf8_prefix(std::string_view text, std::size_t octets) {
    if (text.size() <= octets) return text;
    while (octets > 0 && (static_cast<unsigned char>(text[octets]) & 0xC0) == 0x80)
        --octets;
    return text.substr(0, octets);
}

}  // namespace mailpipe
