#include "mailpipe/smtp/xtext.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::smtp {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
bool is_xchar(char c) {
    return c > ' ' && c < 0x7F && c != '+' && c != '=';
}

std::string hexadecimal(char32_t number) {
    std::string digits;
    for (; number != 0 || digits.size() < 2; number /= 16)
        digits.insert(digits.begin(), kHexDigits[number % 16]);
    return digits;
}

// utf-8-addr-xtext = 1*4( QCHAR / EmbeddedUnicodeChar )
// QCHAR = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e ; EmbeddedUnicodeChar = "\x{" HEXPOINT "}"
std::string encode_utf8_address(std::string_view address) {
    std::string out;
    while (!address.empty()) {
        const std::size_t length = std::max<std::size_t>(utf8_sequence_length(address), 1);
        const bool plain = is_xchar(address[0]) && address[0] != '\\';
        out += plain ? std::string(1, address[0])
                     : "\\x{" + hexadecimal(utf8_code_point(address.substr(0, length))) + '}';
        address.remove_prefix(length);
    }
    return out;
}

std::optional<std::uint32_t> hexadecimal_number(std::string_view digits) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

void append_utf8(std::uint32_t code, std::string& out) {
    const auto continued = [&out](std::uint32_t bits) { out += static_cast<char>(0x80U | (bits & 0x3FU)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | code >> 6U);
        continued(code);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | code >> 12U);
        continued(code >> 6U);
        continued(code);
    } else {
        out += static_cast<char>(0xF0U | code >> 18U);
        continued(code >> 12U);
        continued(code >> 6U);
        continued(code);
    }
}

std::optional<std::string> decode_utf8_address(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (!text.starts_with("\\x{")) {
            out += text[0];
            text.remove_prefix(1);
            continue;
        }
        const std::size_t end = text.find('}');
        const auto code =
            end == std::string_view::npos ? std::nullopt : hexadecimal_number(text.substr(3, end - 3));
        if (!code || *code > 0x10FFFF) return std::nullopt;
        append_utf8(*code, out);
        text.remove_prefix(end + 1);
    }
    return out;
}

bool is_clean(std::string_view text) {
    return std::none_of(text.begin(), text.end(), ascii::is_control) && is_utf8(text);
}

}  // namespace

// xtext = *( xchar / hexchar ) ; hexchar = "+" immediately followed by two upper case hexadecimal digits
std::string encode_xtext(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += is_xchar(c) ? std::string(1, c) : '+' + hexadecimal(static_cast<unsigned char>(c));
    }
    return out;
}

// original-recipient-address = addr-type ";" xtext
std::string encode_original_recipient(std::string_view original) {
    const std::size_t separator = original.find(';');
    const std::string_view address = original.substr(separator + 1);
    if (!ascii::is_ascii(address)) return "utf-8;" + encode_utf8_address(address);
    return std::string(original.substr(0, separator + 1)) + encode_xtext(address);
}

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text[0] == '+') {
            const auto code = text.size() < 3 ? std::nullopt : hexadecimal_number(text.substr(1, 2));
            if (!code) return std::nullopt;
            out += static_cast<char>(*code);
            text.remove_prefix(3);
            continue;
        }
        if (!is_xchar(text[0])) return std::nullopt;
        out += text[0];
        text.remove_prefix(1);
    }
    if (!is_clean(out)) return std::nullopt;
    return out;
}

std::optional<std::string> decode_original_recipient(std::string_view value) {
    const std::size_t separator = value.find(';');
    if (separator == 0 || separator == std::string_view::npos) return std::nullopt;
    const std::string_view type = value.substr(0, separator);
    if (!std::all_of(type.begin(), type.end(), [](char c) { return ascii::is_alnum(c) || c == '-'; }))
        return std::nullopt;
    const std::string_view text = value.substr(separator + 1);
    const auto address =
        ascii::equals_ignore_case(type, "utf-8") ? decode_utf8_address(text) : decode_xtext(text);
    if (!address || address->empty() || !is_clean(*address)) return std::nullopt;
    return std::string(type) + ';' + *address;
}

}  // namespace mailpipe::smtp
