#include "mailpipe/mime/transfer.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint32_t kNoSextet = 0x01000000;  // beyond the 24 bits of a group

// The value of each digit, shifted to its place in a group of four: a group is one OR of four look-ups.
constexpr std::array<std::uint32_t, 256> sextets_shifted(unsigned shift) {
    std::array<std::uint32_t, 256> values{};
    values.fill(kNoSextet);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint32_t>(i) << shift;
    return values;
}

constexpr auto kFirst = sextets_shifted(18);
constexpr auto kSecond = sextets_shifted(12);
constexpr auto kThird = sextets_shifted(6);
constexpr auto kFourth = sextets_shifted(0);

std::uint32_t group_bits(const char* digits) {
    const auto octet = [digits](std::size_t i) { return static_cast<unsigned char>(digits[i]); };
    return kFirst[octet(0)] | kSecond[octet(1)] | kThird[octet(2)] | kFourth[octet(3)];
}

void put_group(std::uint32_t bits, char* out) {
    out[0] = static_cast<char>(bits >> 16);
    out[1] = static_cast<char>(bits >> 8);
    out[2] = static_cast<char>(bits);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// Octets that quoted-printable leaves as they are: all but "=", and the white space that may end a line.
std::size_t literal_length(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c > ' ' && c != '=') {
            ++at;
        } else if (is_blank(c)) {
            if (at + 1 >= text.size() || ascii::is_space(text[at + 1])) break;
            ++at;
        } else if (c == '\r') {
            if (at + 1 >= text.size() || text[at + 1] != '\n') break;
            at += 2;
        } else if (c == '=') {
            break;
        } else {
            ++at;
        }
    }
    return at;
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
    for (const std::string_view name : {"x-uuencode", "x-uue", "uuencode", "uue"}) {
        if (token == name) return TransferEncoding::uuencode;
    }
    return TransferEncoding::unknown;
}

TransferDecoder::TransferDecoder(TransferEncoding encoding)
    : encoding_(encoding),
      problem_(encoding == TransferEncoding::unknown || encoding == TransferEncoding::uuencode) {}

void TransferDecoder::append(std::string_view text, std::string& out) {
    switch (encoding_) {
        case TransferEncoding::base64:
            append_base64(text, out);
            break;
        case TransferEncoding::quoted_printable:
            append_quoted_printable(text, out);
            break;
        case TransferEncoding::identity:
        case TransferEncoding::uuencode:
        case TransferEncoding::unknown:
            out += text;
            break;
    }
}

void TransferDecoder::finish(std::string& out) {
    if (encoding_ == TransferEncoding::base64) {
        if (sextets_ != 0) problem_ = true;
        std::array<char, 2> last{};
        out.append(last.data(), flush_group(last.data()));
    } else if (encoding_ == TransferEncoding::quoted_printable) {
        // A "=" alone is a soft line break that was cut off; white space at the very end is transport padding.
        if (held_.starts_with('=') && held_.size() > 1 && !ascii::is_space(held_[1])) {
            problem_ = true;
            out += held_;
        }
        held_.clear();
    }
}

// What an incomplete group holds: one octet, or two. How many.
std::size_t TransferDecoder::flush_group(char* out) {
    std::size_t count = 0;
    if (sextets_ >= 2) out[count++] = static_cast<char>((bits_ >> (sextets_ * 6 - 8)) & 0xFF);
    if (sextets_ == 3) out[count++] = static_cast<char>((bits_ >> 2) & 0xFF);
    sextets_ = 0;
    bits_ = 0;
    return count;
}

// Padding ends a group, not the data: some senders encode in pieces and concatenate them.
void TransferDecoder::append_base64(std::string_view text, std::string& out) {
    // Room for all at once: three octets for four digits, those that the piece before left over among them.
    std::size_t size = out.size();
    out.resize(size + text.size() / 4 * 3 + 8);
    char* const begin = out.data();
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (sextets_ == 0) {
            for (; end - at >= 4; at += 4, size += 3) {
                const std::uint32_t bits = group_bits(at);
                if (bits >= kNoSextet) break;
                put_group(bits, begin + size);
            }
            if (at == end) break;
        }
        const char c = *at++;
        const std::uint32_t value = kFourth[static_cast<unsigned char>(c)];
        if (value == kNoSextet) {
            if (c == '=') {
                if (sextets_ == 1) problem_ = true;
                size += flush_group(begin + size);
            } else if (!ascii::is_space(c)) {
                problem_ = true;
            }
            continue;
        }
        bits_ = (bits_ << 6) | value;
        if (++sextets_ < 4) continue;
        put_group(bits_, begin + size);
        size += 3;
        sextets_ = 0;
        bits_ = 0;
    }
    out.resize(size);
}

void TransferDecoder::append_quoted_printable(std::string_view text, std::string& out) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (held_.empty()) {
            const std::string_view rest = text.substr(at);
            const std::size_t literal = literal_length(rest);
            out += rest.substr(0, literal);
            at += literal;
            if (at + 3 <= text.size() && text[at] == '=') {
                const int high = hex_value(text[at + 1]);
                const int low = hex_value(text[at + 2]);
                if (high >= 0 && low >= 0) {
                    out += static_cast<char>(high * 16 + low);
                    at += 3;
                    continue;
                }
                if (text.substr(at, 3) == "=\r\n") {
                    at += 3;
                    continue;
                }
            }
        }
        if (at < text.size()) quoted_printable_char(text[at++], out);
    }
}

// held_ is empty, or "=" with what followed of an escape, or white space (with a CR) that the line may end
// with.
void TransferDecoder::quoted_printable_char(char c, std::string& out) {
    const bool blank = is_blank(c);
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
