#include "mailpipe/mime/transfer.hpp"

#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> sextet_values() {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char low = ascii::lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

}  // namespace

TransferEncoding parse_transfer_encoding(std::string_view value) {
    std::size_t at = 0;
    skip_cfws(value, at);
    // Some senders quote it, or end it with ";".
    if (at < value.size() && value[at] == '"') ++at;
    const std::size_t start = at;
    while (at < value.size() && (ascii::is_alnum(value[at]) || value[at] == '-'))
        ++at;
    const std::string token = ascii::to_lower(value.substr(start, at - start));
    if (token == "base64") return TransferEncoding::base64;
    if (token == "quoted-printable") return TransferEncoding::quoted_printable;
    if (token.empty() || token == "7bit" || token == "8bit" || token == "binary" || token == "7-bit" ||
        token == "8-bit") {
        return TransferEncoding::identity;
    }
    return TransferEncoding::unknown;
}

TransferDecoder::TransferDecoder(TransferEncoding encoding)
    : encoding_(encoding), problem_(encoding == TransferEncoding::unknown) {}

void TransferDecoder::append(std::string_view text, std::string& out) {
    switch (encoding_) {
        case TransferEncoding::base64:
            append_base64(text, out);
            break;
        case TransferEncoding::quoted_printable:
            append_quoted_printable(text, out);
            break;
        case TransferEncoding::identity:
        case TransferEncoding::unknown:
            out += text;
            break;
    }
}

void TransferDecoder::finish(std::string& out) {
    if (encoding_ == TransferEncoding::base64) {
        if (sextets_ != 0) problem_ = true;
        flush_group(out);
    } else if (encoding_ == TransferEncoding::quoted_printable) {
        // A "=" alone is a soft line break that was cut off; white space at the very end is transport padding.
        if (held_.starts_with('=') && held_.size() > 1 && !ascii::is_space(held_[1])) {
            problem_ = true;
            out += held_;
        }
        held_.clear();
    }
}

void TransferDecoder::flush_group(std::string& out) {
    if (sextets_ >= 2) out += static_cast<char>((bits_ >> (sextets_ * 6 - 8)) & 0xFF);
    if (sextets_ == 3) out += static_cast<char>((bits_ >> 2) & 0xFF);
    sextets_ = 0;
    bits_ = 0;
}

// Padding ends a group, not the data: some senders encode in pieces and concatenate them.
void TransferDecoder::append_base64(std::string_view text, std::string& out) {
    static constexpr auto kValues = sextet_values();
    for (const char c : text) {
        const int value = kValues[static_cast<unsigned char>(c)];
        if (value < 0) {
            if (c == '=') {
                if (sextets_ == 1) problem_ = true;
                flush_group(out);
            } else if (!ascii::is_space(c)) {
                problem_ = true;
            }
            continue;
        }
        bits_ = (bits_ << 6) | static_cast<std::uint32_t>(value);
        if (++sextets_ < 4) continue;
        out += static_cast<char>((bits_ >> 16) & 0xFF);
        out += static_cast<char>((bits_ >> 8) & 0xFF);
        out += static_cast<char>(bits_ & 0xFF);
        sextets_ = 0;
        bits_ = 0;
    }
}

void TransferDecoder::append_quoted_printable(std::string_view text, std::string& out) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (held_.empty()) {
            const std::size_t special = text.find_first_of("= \t\r", at);
            out += text.substr(at, special - at);
            if (special == std::string_view::npos) return;
            at = special;
        }
        quoted_printable_char(text[at++], out);
    }
}

// held_ is empty, or "=" with what followed of an escape, or white space (with a CR) that the line may end
// with.
void TransferDecoder::quoted_printable_char(char c, std::string& out) {
    const bool blank = c == ' ' || c == '\t';
    if (held_.empty() || held_[0] != '=') {
        if (blank || (c == '\r' && !held_.ends_with('\r')) || (c == '=' && held_.empty())) {
            if (held_.ends_with('\r')) {  // a bare CR is data
                out += held_;
                held_.clear();
            }
            held_ += c;
        } else if (c ==
                   '\n') {  // RFC 2045 section 6.7 rule 3: white space that ends a line was added on the way
            out += held_.ends_with('\r') ? "\r\n" : "\n";
            held_.clear();
        } else {
            out += held_;
            held_.clear();
            if (c == '=' || c == '\r') {
                held_ += c;
            } else {
                out += c;
            }
        }
        return;
    }
    if (held_.size() == 1 && hex_value(c) >= 0) {
        held_ += c;
        return;
    }
    if (held_.size() == 2 && hex_value(held_[1]) >= 0 && hex_value(c) >= 0) {
        out += static_cast<char>(hex_value(held_[1]) * 16 + hex_value(c));
        held_.clear();
        return;
    }
    const bool soft_break = held_.size() == 1 || ascii::is_space(held_[1]);
    if (soft_break && (blank || c == '\r')) {
        held_ += c;
    } else if (soft_break && c == '\n') {
        held_.clear();
    } else {
        problem_ = true;
        out += held_;
        held_.clear();
        quoted_printable_char(c, out);
    }
}

std::string decode_transfer(std::string_view text, TransferEncoding encoding, bool* problem) {
    std::string out;
    out.reserve(encoding == TransferEncoding::base64 ? text.size() / 4 * 3 + 3 : text.size());
    TransferDecoder decoder(encoding);
    decoder.append(text, out);
    decoder.finish(out);
    if (problem != nullptr && decoder.problem()) *problem = true;
    return out;
}

}  // namespace mailpipe::mime
