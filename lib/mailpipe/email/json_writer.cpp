#include "mailpipe/email/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

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

// Copies what is plain at the start of `text`, and says how long it is. There is room for all of `text`.
std::size_t copy_plain(std::string_view text, char* to) {
    std::size_t length = 0;
    while (length + sizeof(std::uint64_t) <= text.size() && !has_special(text.data() + length)) {
        std::memcpy(to + length, text.data() + length, sizeof(std::uint64_t));
        length += sizeof(std::uint64_t);
    }
    for (; length < text.size() && is_plain(text[length]); ++length)
        to[length] = text[length];
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

JsonWriter::JsonWriter(std::string text) : text_(std::move(text)), used_(text_.size()) {}

void JsonWriter::grow(std::size_t octets) {
    // The memory doubles by itself; what is made ready of it is little, since a text may be gone on with often.
    constexpr std::size_t kLeast = 240;
    constexpr std::size_t kMost = 1024;
    text_.resize(used_ + std::max(octets, std::clamp(used_, kLeast, kMost)));
}

void JsonWriter::append(std::string_view octets) {
    char* to = room(octets.size());
    std::copy(octets.begin(), octets.end(), to);
    used_ += octets.size();
}

void JsonWriter::begin(char bracket) {
    separate();
    append(bracket);
    comma_due_ = false;
}

void JsonWriter::end(char bracket) {
    append(bracket);
    comma_due_ = true;
    hand_on();
}

void JsonWriter::scalar(std::string_view text) {
    separate();
    append(text);
}

void JsonWriter::key(std::string_view name) {
    separate();
    char* to = room(name.size() + 3);
    *to++ = '"';
    to = std::copy(name.begin(), name.end(), to);
    *to++ = '"';
    *to = ':';
    used_ += name.size() + 3;
    comma_due_ = false;
}

void JsonWriter::any_key(std::string_view name) {
    separate();
    quote(name);
    append(':');
    comma_due_ = false;
}

void JsonWriter::string(std::string_view utf8) {
    separate();
    quote(utf8);
    hand_on();
}

void JsonWriter::quote(std::string_view utf8) {
    append('"');
    while (!utf8.empty()) {
        const std::size_t plain = copy_plain(utf8, room(utf8.size()));
        used_ += plain;
        utf8.remove_prefix(plain);
        if (!utf8.empty()) utf8.remove_prefix(quote_special(utf8));
    }
    append('"');
}

// The first character; how many octets it has.
std::size_t JsonWriter::quote_special(std::string_view utf8) {
    std::string escape;
    if (static_cast<unsigned char>(utf8.front()) < 0x80) {
        add_escape(utf8.front(), escape);
        append(escape);
        return 1;
    }
    const std::size_t length = utf8_sequence_length(utf8);
    const char32_t point = utf8_code_point(utf8.substr(0, std::max<std::size_t>(length, 1)));
    if (is_hidden_character(point)) {
        append_json_escape(point, escape);
        append(escape);
    } else {
        append(length == 0 ? std::string_view("\xEF\xBF\xBD") : utf8.substr(0, length));
    }
    return length == 0 ? 1 : length;
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
    text_.resize(used_);
    base64_.append(octets, text_);
    used_ = text_.size();
    hand_on();
}

void JsonWriter::end_base64() {
    text_.resize(used_);
    base64_.finish(text_);
    used_ = text_.size();
    append('"');
}

void JsonWriter::end_line() {
    append('\n');
    comma_due_ = false;
    hand_all_on();
}

void JsonWriter::hand_on() {
    if (used_ >= kPiece) hand_all_on();
}

void JsonWriter::hand_all_on() {
    if (!sink_) return;
    if (state_ && used_ > 0) state_ = sink_(std::string_view(text_).substr(0, used_));
    used_ = 0;
}

std::string JsonWriter::take() {
    text_.resize(std::exchange(used_, 0));
    return std::move(text_);
}

Result<void> JsonWriter::finish() {
    hand_all_on();
    return state_;
}

}  // namespace mailpipe::email
