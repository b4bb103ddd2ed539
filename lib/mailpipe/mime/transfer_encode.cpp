#include "mailpipe/mime/transfer_encode.hpp"

#include <algorithm>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::size_t kEncodedLine = 76;  // RFC 2045 sections 6.7 and 6.8
constexpr std::size_t kBase64LineOctets = kEncodedLine / 4 * 3;

struct Shape {
    std::size_t eight_bit = 0;
    std::size_t longest_line = 0;
    bool nul = false;
    bool bare_line_end = false;  // CR without LF or LF without CR
};

Shape shape_of(std::string_view octets) {
    Shape shape;
    std::size_t line = 0;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const char c = octets[i];
        if (c == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n') {
            ++i;
            line = 0;
            continue;
        }
        shape.longest_line = std::max(shape.longest_line, ++line);
        if (c == '\r' || c == '\n') shape.bare_line_end = true;
        if (c == '\0') shape.nul = true;
        if (static_cast<unsigned char>(c) >= 0x80) ++shape.eight_bit;
    }
    return shape;
}

bool fits_lines(const Shape& shape) {
    return shape.longest_line <= limits::kLongestLine && !shape.nul && !shape.bare_line_end;
}

// Writes quoted-printable text with its soft line breaks.
class QuotedPrintableLines {
 public:
    void put(std::string_view token, bool ends_line) {
        if (column_ + token.size() > room(ends_line)) soft_break();
        out_ += token;
        column_ += token.size();
    }
    void hard_break() {
        out_ += "\r\n";
        column_ = 0;
    }
    void soft_break() {
        out_ += "=\r\n";
        column_ = 0;
    }
    // Whether one more octet would be the first one of a line.
    bool begins_line(bool ends_line) const { return column_ == 0 || column_ + 1 > room(ends_line); }
    std::string take() {
        if (column_ > 0) soft_break();
        return std::move(out_);
    }

 private:
    // "=" of a soft line break needs a place, unless nothing follows on the line.
    static std::size_t room(bool ends_line) { return ends_line ? kEncodedLine : kEncodedLine - 1; }

    std::string out_;
    std::size_t column_ = 0;
};

std::string escaped(char c) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto octet = static_cast<unsigned char>(c);
    return {'=', kHex[octet >> 4U], kHex[octet & 15U]};
}

}  // namespace

std::string_view encode_body_encoding(BodyEncoding encoding) {
    switch (encoding) {
        case BodyEncoding::seven_bit:
            return "7bit";
        case BodyEncoding::eight_bit:
            return "8bit";
        case BodyEncoding::quoted_printable:
            return "quoted-printable";
        case BodyEncoding::base64:
            return "base64";
        case BodyEncoding::binary:
            break;
    }
    return "binary";
}

BodyEncoding choose_body_encoding(std::string_view octets, bool is_text) {
    const Shape shape = shape_of(octets);
    if (fits_lines(shape) && shape.eight_bit == 0) return BodyEncoding::seven_bit;
    if (!is_text || shape.nul || shape.bare_line_end) return BodyEncoding::base64;
    // Each encoded octet takes three, against four for three in base64.
    return shape.eight_bit * 6 <= octets.size() ? BodyEncoding::quoted_printable : BodyEncoding::base64;
}

BodyEncoding identity_encoding(std::string_view octets) {
    const Shape shape = shape_of(octets);
    if (!fits_lines(shape)) return BodyEncoding::binary;
    return shape.eight_bit == 0 ? BodyEncoding::seven_bit : BodyEncoding::eight_bit;
}

std::string encode_base64_body(std::string_view octets) {
    std::string out;
    out.reserve((octets.size() / kBase64LineOctets + 1) * (kEncodedLine + 2));
    for (std::size_t at = 0; at < octets.size(); at += kBase64LineOctets) {
        out += encode_base64(octets.substr(at, kBase64LineOctets));
        out += "\r\n";
    }
    return out;
}

std::string encode_quoted_printable_body(std::string_view octets) {
    QuotedPrintableLines lines;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const char c = octets[i];
        const std::string_view rest = octets.substr(i);
        if (rest.starts_with("\r\n")) {
            lines.hard_break();
            ++i;
            continue;
        }
        const bool ends_line = rest.substr(1).starts_with("\r\n");
        const bool printable = (c > ' ' && c < '\x7F' && c != '=') || ((c == ' ' || c == '\t') && !ends_line);
        const bool start_changed = lines.begins_line(ends_line) && (c == '.' || rest.starts_with("From "));
        lines.put(printable && !start_changed ? std::string(1, c) : escaped(c), ends_line);
    }
    return lines.take();
}

}  // namespace mailpipe::mime
