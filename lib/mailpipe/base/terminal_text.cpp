#include "mailpipe/base/terminal_text.hpp"

#include <cstdint>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::uint32_t code_point(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    static constexpr unsigned char kMask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    std::uint32_t value = first & kMask[sequence.size()];
    for (char c : sequence.substr(1))
        value = (value << 6) | (static_cast<unsigned char>(c) & 0x3F);
    return value;
}

bool is_hidden_control(std::uint32_t point) {
    return (point >= 0x80 && point <= 0x9F) || point == 0x61C || point == 0x200E || point == 0x200F ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text[i])) return 0;
    }
    const std::uint32_t point = code_point(text.substr(0, length));
    static constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return 0;
    return length;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string terminal_text(std::string_view text, bool keep_lines) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
        const bool kept_control = sequence[0] == '\t' || (keep_lines && sequence[0] == '\n');
        if (length == 0 || (length == 1 && ascii::is_control(sequence[0]) && !kept_control) ||
            (length > 1 && is_hidden_control(code_point(sequence)))) {
            out += kReplacement;
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
