#include "mailpipe/mime/field_writer.hpp"

#include <algorithm>
#include <vector>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/parameter.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kBase64Prefix = "=?utf-8?B?";
constexpr std::string_view kQuotedPrefix = "=?utf-8?Q?";

void add_escape(std::string& out, char mark, char c) {
    const auto octet = static_cast<unsigned char>(c);
    out += mark;
    out += kHex[octet >> 4U];
    out += kHex[octet & 15U];
}

// What may stand in an encoded word within a phrase (RFC 2047 section 5 (3)), the strictest place.
bool stands_in_q(char c) {
    return ascii::is_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

std::string q_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ') {
            out += '_';
        } else if (stands_in_q(c)) {
            out += c;
        } else {
            add_escape(out, '=', c);
        }
    }
    return out;
}

// Q can still be read where most of the text is plain, at little more length.
bool suits_q(std::string_view text) {
    const auto escaped = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return c != ' ' && !stands_in_q(c); }));
    return escaped * 2 <= text.size();
}

// attribute-char (RFC 2231 section 7), which is a subset of token of RFC 2045.
bool is_attribute_char(char c) {
    return c > ' ' && c < '\x7F' && std::string_view("*'%()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::size_t character_length(std::string_view text) {
    return std::max<std::size_t>(utf8_sequence_length(text), 1);
}

}  // namespace

FieldWriter::FieldWriter(std::string_view name)
    : out_(name), name_size_(name.size()), column_(name.size() + 1) {
    out_ += ':';
}

void FieldWriter::put(std::string_view blank, std::string_view token) {
    if (!is_first() && column_ + blank.size() + token.size() > kLine) {
        out_ += "\r\n";
        column_ = 0;
    }
    out_ += blank;
    column_ += blank.size();
    append(token);
}

void FieldWriter::append(std::string_view token) {
    out_ += token;
    column_ += token.size();
}

void FieldWriter::put_encoded(std::string_view blank, std::string_view text) {
    const bool quoted = suits_q(text);
    const std::string_view prefix = quoted ? kQuotedPrefix : kBase64Prefix;
    while (!text.empty()) {
        // The first word shares its line with what is there; another line is better than a tiny word.
        const std::size_t used = column_ + blank.size();
        const std::size_t left = used + 24 < kLine ? kLine - used : kLine - 1;
        const std::size_t room = std::min(left, kEncodedWord) - prefix.size() - 2;
        std::size_t length = 0;
        std::size_t encoded = 0;
        while (length < text.size()) {
            const std::size_t next = character_length(text.substr(length));
            const std::size_t size =
                quoted ? encoded + q_encode(text.substr(length, next)).size() : (length + next + 2) / 3 * 4;
            if (size > room && length > 0) break;
            encoded = size;
            length += next;
        }
        const std::string_view piece = text.substr(0, length);
        put(blank, std::string(prefix) + (quoted ? q_encode(piece) : encode_base64(piece)) + "?=");
        text.remove_prefix(length);
        blank = " ";
    }
}

void FieldWriter::put_parameter(std::string_view name, std::string_view value) {
    append(";");
    const bool plain = ascii::is_ascii(value) && value.find("=?") == std::string_view::npos &&
                       std::none_of(value.begin(), value.end(), ascii::is_control);
    const std::string simple =
        std::string(name) + "=" + (is_token(value) ? std::string(value) : quote_string(value));
    if (plain && simple.size() + 2 <= kLine) return put(" ", simple);

    const std::size_t room = name.size() + 30 < kLine ? kLine - name.size() - 10 : 20;
    std::vector<std::string> pieces{"utf-8''"};
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t length = character_length(value.substr(at));
        std::string encoded;
        for (const char c : value.substr(at, length)) {
            if (is_attribute_char(c)) {
                encoded += c;
            } else {
                add_escape(encoded, '%', c);
            }
        }
        if (pieces.back().size() + encoded.size() > room) pieces.emplace_back();
        pieces.back() += encoded;
        at += length;
    }
    if (pieces.size() == 1) return put(" ", std::string(name) + "*=" + pieces[0]);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0) append(";");
        put(" ", std::string(name) + "*" + std::to_string(i) + "*=" + pieces[i]);
    }
}

std::string FieldWriter::take() {
    out_ += "\r\n";
    return std::move(out_);
}

std::string quote_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace mailpipe::mime
