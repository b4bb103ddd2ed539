#include "mailpipe/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::array<std::int8_t, 256> base64_values() {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64.size(); ++i) {
        values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

std::uint32_t octet(char c) {
    return static_cast<unsigned char>(c);
}

void append_group(std::string_view group, std::string& out) {
    std::uint32_t bits = octet(group[0]) << 16;
    if (group.size() > 1) bits |= octet(group[1]) << 8;
    if (group.size() > 2) bits |= octet(group[2]);
    out += kBase64[bits >> 18];
    out += kBase64[(bits >> 12) & 63];
    out += group.size() > 1 ? kBase64[(bits >> 6) & 63] : '=';
    out += group.size() > 2 ? kBase64[bits & 63] : '=';
}

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char low = ascii::lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

}  // namespace

std::string encode_base64(std::string_view octets) {
    std::string out;
    out.reserve((octets.size() + 2) / 3 * 4);
    Base64Encoder encoder;
    encoder.append(octets, out);
    encoder.finish(out);
    return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
    static constexpr auto kValues = base64_values();
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    const std::size_t digits = text.size() - padding;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const int value = kValues[static_cast<unsigned char>(text[i])];
        if (value < 0) return std::nullopt;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        switch (i % 4) {
            case 1:
                out += static_cast<char>(bits >> 4);
                bits &= 0xF;
                break;
            case 2:
                out += static_cast<char>(bits >> 2);
                bits &= 0x3;
                break;
            case 3:
                out += static_cast<char>(bits);
                bits = 0;
                break;
            default:
                break;
        }
    }
    if (padding != 0 && bits != 0) return std::nullopt;
    return out;
}

std::string encode_hex(std::string_view octets) {
    std::string out;
    out.reserve(octets.size() * 2);
    for (char c : octets) {
        out += kHex[octet(c) >> 4];
        out += kHex[octet(c) & 15];
    }
    return out;
}

std::string encode_percent(std::string_view octets, std::string_view also_kept) {
    static constexpr auto kUnreserved = [] {
        std::array<bool, 256> table{};
        for (std::size_t c = 0; c < 0x80; ++c)
            table[c] = ascii::is_alnum(static_cast<char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
        return table;
    }();
    const auto is_kept = [also_kept](char c) {
        return kUnreserved[octet(c)] || also_kept.find(c) != std::string_view::npos;
    };
    std::string out;
    out.reserve(octets.size());
    for (const auto* at = octets.begin(); at != octets.end();) {
        // What is kept goes as it is, in one piece: each message of a listing has a ref.
        const auto* const end = std::find_if_not(at, octets.end(), is_kept);
        out.append(at, end);
        at = end;
        if (at == octets.end()) break;
        out += '%';
        out += ascii::upper(kHex[octet(*at) >> 4]);
        out += ascii::upper(kHex[octet(*at) & 15]);
        ++at;
    }
    return out;
}

std::optional<std::string> decode_percent(std::string_view text) {
    // Keys in journals, of which there are many, hardly ever have one.
    if (text.find('%') == std::string_view::npos) return std::string(text);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

void Base64Encoder::append(std::string_view octets, std::string& out) {
    while (!carry_.empty() && carry_.size() < 3 && !octets.empty()) {
        carry_ += octets.front();
        octets.remove_prefix(1);
    }
    if (carry_.size() == 3) {
        append_group(carry_, out);
        carry_.clear();
    }
    const std::size_t size = out.size();
    const std::size_t whole = octets.size() / 3;
    out.resize(size + whole * 4);
    char* to = out.data() + size;
    for (std::size_t i = 0; i < whole; ++i, to += 4) {
        const std::uint32_t bits =
            octet(octets[3 * i]) << 16 | octet(octets[3 * i + 1]) << 8 | octet(octets[3 * i + 2]);
        to[0] = kBase64[bits >> 18];
        to[1] = kBase64[(bits >> 12) & 63];
        to[2] = kBase64[(bits >> 6) & 63];
        to[3] = kBase64[bits & 63];
    }
    carry_ += octets.substr(whole * 3);
}

void Base64Encoder::finish(std::string& out) {
    if (!carry_.empty()) append_group(carry_, out);
    carry_.clear();
}

}  // namespace mailpipe
