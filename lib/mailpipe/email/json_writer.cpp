#include "mailpipe/email/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::email {
namespace {

constexpr std::size_t kPiece = 65'536;

// Whether the eight octets hold a control, a quotation mark, a backslash or anything beyond ASCII. Each octet is
// looked at by itself: x - n borrows into the high bit when x < n, x ^ n is zero when x is n.
bool has_special(const char* octets) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHigh = 0x8080808080808080;
    std::uint64_t word = 0;
    std::memcpy(&word, octets, sizeof word);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t del = word ^ (kOnes * 0x7F);
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    const std::uint64_t found = word | ((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) |
                                ((backslash - kOnes) & ~backslash) | ((del - kOnes) & ~del);
    return (found & kHigh) != 0;
}

bool is_plain(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= 0x20 && octet < 0x7F && c != '"' && c != '\\';
}

std::size_t plain_length(std::string_view text) {
    std::size_t length = 0;
    while (length + sizeof(std::uint64_t) <= text.size() && !has_special(text.data() + length))
        length += sizeof(std::uint64_t);
    while (length < text.size() && is_plain(text[length]))
        ++length;
    return length;
}

void add_escape(char c, std::string& out) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    append_json_escape(static_cast<unsigned char>(c), out);
}

}  // namespace

void JsonWriter::separate() {
    if (comma_due_) text_ += ',';
    comma_due_ = true;
}

void JsonWriter::begin(char bracket) {
    separate();
    text_ += bracket;
    comma_due_ = false;
}

void JsonWriter::end(char bracket) {
    text_ += bracket;
    comma_due_ = true;
    hand_on();
}

void JsonWriter::scalar(std::string_view text) {
    separate();
    text_ += text;
}

void JsonWriter::key(std::string_view name) {
    separate();
    text_ += '"';
    text_ += name;
    text_ += "\":";
    comma_due_ = false;
}

void JsonWriter::any_key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    comma_due_ = false;
}

void JsonWriter::string(std::string_view utf8) {
    separate();
    quote(utf8);
    hand_on();
}

void JsonWriter::quote(std::string_view utf8) {
    text_ += '"';
    while (!utf8.empty()) {
        const std::size_t plain = plain_length(utf8);
        text_ += utf8.substr(0, plain);
        utf8.remove_prefix(plain);
        if (utf8.empty()) break;
        if (static_cast<unsigned char>(utf8.front()) < 0x80) {
            add_escape(utf8.front(), text_);
            utf8.remove_prefix(1);
            continue;
        }
        const std::size_t length = utf8_sequence_length(utf8);
        const char32_t point = utf8_code_point(utf8.substr(0, std::max<std::size_t>(length, 1)));
        if (is_hidden_character(point)) {
            append_json_escape(point, text_);
        } else {
            text_ += length == 0 ? std::string_view("\xEF\xBF\xBD") : utf8.substr(0, length);
        }
        utf8.remove_prefix(length == 0 ? 1 : length);
    }
    text_ += '"';
}

void JsonWriter::number(std::uint64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    scalar({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void JsonWriter::real(double value) {
    scalar(fmt::format("{}", value));
}

void JsonWriter::boolean(bool value) {
    scalar(value ? "true" : "false");
}

void JsonWriter::begin_base64() {
    scalar("\"");
}

void JsonWriter::append_base64(std::string_view octets) {
    base64_.append(octets, text_);
    hand_on();
}

void JsonWriter::end_base64() {
    base64_.finish(text_);
    text_ += '"';
}

void JsonWriter::end_line() {
    text_ += '\n';
    comma_due_ = false;
    hand_all_on();
}

void JsonWriter::hand_on() {
    if (text_.size() >= kPiece) hand_all_on();
}

void JsonWriter::hand_all_on() {
    if (!sink_) return;
    if (state_ && !text_.empty()) state_ = sink_(text_);
    text_.clear();
}

Result<void> JsonWriter::finish() {
    hand_all_on();
    return state_;
}

}  // namespace mailpipe::email
