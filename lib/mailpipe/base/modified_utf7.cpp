#include "mailpipe/base/modified_utf7.hpp"

#include <cstdint>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe {
namespace {

bool is_direct(char c) {
    return c >= 0x20 && c <= 0x7E;
}

void append_unit(std::uint32_t unit, std::string& utf16) {
    utf16 += static_cast<char>((unit >> 8) & 0xFF);
    utf16 += static_cast<char>(unit & 0xFF);
}

void append_utf16(std::uint32_t point, std::string& utf16) {
    if (point < 0x10000) return append_unit(point, utf16);
    append_unit(0xD800 + ((point - 0x10000) >> 10), utf16);
    append_unit(0xDC00 + ((point - 0x10000) & 0x3FF), utf16);
}

// modified BASE64: "," for "/", no padding.
std::string shift_out(std::string_view utf16) {
    std::string text = encode_base64(utf16);
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    for (char& c : text) {
        if (c == '/') c = ',';
    }
    return "&" + text + "-";
}

bool decode_utf16(std::string_view utf16, std::string& out) {
    if (utf16.empty() || utf16.size() % 2 != 0) return false;
    const auto unit = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(utf16[i])) << 8 |
               static_cast<unsigned char>(utf16[i + 1]);
    };
    for (std::size_t i = 0; i < utf16.size(); i += 2) {
        std::uint32_t point = unit(i);
        if (point >= 0xDC00 && point <= 0xDFFF) return false;
        if (point >= 0xD800 && point <= 0xDBFF) {
            i += 2;
            if (i >= utf16.size()) return false;
            const std::uint32_t low = unit(i);
            if (low < 0xDC00 || low > 0xDFFF) return false;
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        if (point < 0x80 && is_direct(static_cast<char>(point))) return false;
        append_utf8(point, out);
    }
    return true;
}

bool decode_shifted(std::string_view text, std::string& out) {
    std::string base64;
    for (const char c : text) {
        if (c == '/' || c == '=') return false;
        base64 += c == ',' ? '/' : c;
    }
    base64.append((4 - base64.size() % 4) % 4, '=');
    const auto utf16 = decode_base64(base64);
    return utf16 && decode_utf16(*utf16, out);
}

Fail malformed(std::size_t offset) {
    return fail(Errc::protocol, "mailbox name is not modified UTF-7 (RFC 3501 section 5.1.3) at octet " +
                                    std::to_string(offset));
}

}  // namespace

Result<std::string> encode_mailbox_name(std::string_view name) {
    std::string out;
    std::string utf16;
    const auto flush = [&] {
        if (!utf16.empty()) out += shift_out(utf16);
        utf16.clear();
    };
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t length = utf8_sequence_length(name.substr(at));
        if (length == 0) return fail(Errc::usage, "mailbox name is not UTF-8 at octet " + std::to_string(at));
        if (is_direct(name[at])) {
            flush();
            out += name[at];
            if (name[at] == '&') out += '-';
        } else {
            append_utf16(utf8_code_point(name.substr(at, length)), utf16);
        }
        at += length;
    }
    flush();
    return out;
}

Result<std::string> decode_mailbox_name(std::string_view name) {
    std::string out;
    bool after_shift = false;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (!is_direct(name[at])) return malformed(at);
        if (name[at] != '&') {
            out += name[at];
            after_shift = false;
            continue;
        }
        const std::size_t end = name.find('-', at);
        if (end == std::string_view::npos) return malformed(at);
        if (end == at + 1) {
            out += '&';
            after_shift = false;
        } else {
            if (after_shift || !decode_shifted(name.substr(at + 1, end - at - 1), out)) return malformed(at);
            after_shift = true;
        }
        at = end;
    }
    return out;
}

}  // namespace mailpipe
