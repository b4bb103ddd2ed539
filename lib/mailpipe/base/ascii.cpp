#include "mailpipe/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace mailpipe::ascii {

bool is_ascii(std::string_view text) {
    return prefix_length(text) == text.size();
}

std::size_t prefix_length(std::string_view text) {
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    std::size_t length = 0;
    // Most text is ASCII to its end.
    std::array<std::uint64_t, 4> words{};
    while (length + sizeof words <= text.size()) {
        std::memcpy(words.data(), text.data() + length, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & kHigh) != 0) break;
        length += sizeof words;
    }
    while (length + sizeof kHigh <= text.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + length, sizeof word);
        if ((word & kHigh) != 0) break;
        length += sizeof word;
    }
    while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80)
        ++length;
    return length;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string to_upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), upper);
    return out;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           // Most letters are of the same case, and most names that are compared are other ones.
           std::equal(a.begin(), a.end(), b.begin(),
                      [](char x, char y) { return x == y || lower(x) == lower(y); });
}

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    while (true) {
        const auto at = text.find(separator);
        pieces.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return pieces;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while (at < text.size()) {
        while (at < text.size() && is_space(text[at]))
            ++at;
        const std::size_t start = at;
        while (at < text.size() && !is_space(text[at]))
            ++at;
        if (at > start) words.push_back(text.substr(start, at - start));
    }
    return words;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace mailpipe::ascii
