#include "mailpipe/smtp/xtext.hpp"

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

}  // namespace mailpipe::smtp
