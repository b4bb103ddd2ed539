#include "mailpipe/imap/tokens.hpp"

#include <limits>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::imap {
namespace {

// Wider than ATOM-CHAR: servers put "]" and octets above 0x7F into keywords (Gmail's labels, Courier).
bool is_atom_char(char c) {
    return !ascii::is_control(c) && c != ' ' && c != '(' && c != ')' && c != '{' && c != '"';
}

}  // namespace

std::size_t literal_marker_length(std::string_view text) {
    std::size_t at = text.substr(0, 1) == "~" ? 1 : 0;
    if (at >= text.size() || text[at] != '{') return 0;
    const std::size_t digits = ++at;
    while (at < text.size() && ascii::is_digit(text[at]))
        ++at;
    return at > digits && at < text.size() && text[at] == '}' ? at + 1 : 0;
}

Fail Tokens::expected(std::string_view rule) const {
    return fail(Errc::protocol,
                "malformed response: " + std::string(rule) + " expected at octet " + std::to_string(at_));
}

bool Tokens::take(char c) {
    if (at_end() || response_.text[at_] != c) return false;
    ++at_;
    return true;
}

Result<void> Tokens::expect(char c, std::string_view rule) {
    if (!take(c)) return expected(rule);
    return {};
}

Result<std::string_view> Tokens::atom(std::string_view rule) {
    const std::string_view text = rest();
    std::size_t length = 0;
    while (length < text.size() && is_atom_char(text[length]))
        ++length;
    if (length == 0) return expected(rule);
    at_ += length;
    return text.substr(0, length);
}

Result<std::uint64_t> Tokens::number64(std::string_view rule) {
    const std::string_view text = rest();
    std::size_t length = 0;
    while (length < text.size() && ascii::is_digit(text[length]))
        ++length;
    const auto value = ascii::parse_number(text.substr(0, length));
    if (!value) return expected(rule);
    at_ += length;
    return *value;
}

Result<std::uint32_t> Tokens::number(std::string_view rule) {
    const std::size_t start = at_;
    const auto value = number64(rule);
    if (!value) return tl::unexpected(value.error());
    if (*value > std::numeric_limits<std::uint32_t>::max()) {
        at_ = start;
        return expected(rule);
    }
    return static_cast<std::uint32_t>(*value);
}

Result<std::uint32_t> Tokens::nz_number(std::string_view rule) {
    const std::size_t start = at_;
    auto value = number(rule);
    if (value && *value == 0) {
        at_ = start;
        return expected(rule);
    }
    return value;
}

// quoted = DQUOTE *QUOTED-CHAR DQUOTE
// QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials
Result<std::string> Tokens::quoted(std::string_view rule) {
    const std::size_t start = at_;
    std::string out;
    ++at_;
    while (!at_end()) {
        char c = response_.text[at_++];
        if (c == '"') return out;
        if (c == '\\') {
            if (at_end()) break;
            c = response_.text[at_++];
        }
        out += c;
    }
    at_ = start;
    return expected(rule);
}

Result<NString> Tokens::literal(std::string_view rule) {
    const std::size_t marker = literal_marker_length(rest());
    if (marker == 0 || next_literal_ == response_.literals.size() ||
        response_.literals[next_literal_].behind != at_ + marker) {
        return expected(rule);
    }
    at_ += marker;
    const Response::Literal& found = response_.literals[next_literal_++];
    if (found.streamed) return NString{NString::Kind::streamed, {}};
    return NString{NString::Kind::text, found.octets};
}

// nstring = string / nil          string = quoted / literal
Result<NString> Tokens::nstring(std::string_view rule) {
    const std::string_view text = rest();
    if (text.empty()) return expected(rule);
    if (text[0] == '"') {
        auto value = quoted(rule);
        if (!value) return tl::unexpected(value.error());
        return NString{NString::Kind::text, std::move(*value)};
    }
    if (text[0] == '{' || text[0] == '~') return literal(rule);
    if (ascii::starts_with_ignore_case(text, "NIL") && (text.size() == 3 || !is_atom_char(text[3]))) {
        at_ += 3;
        return NString{};
    }
    return expected(rule);
}

// msg-att names; section = "[" [section-spec] "]"; section-spec may hold a list of quoted field names.
Result<std::string_view> Tokens::item_name() {
    const std::string_view text = rest();
    std::size_t length = 0;
    bool section = false;
    bool in_quotes = false;
    for (; length < text.size(); ++length) {
        const char c = text[length];
        if (in_quotes) {
            if (c == '\\') ++length;
            in_quotes = c != '"';
        } else if (section) {
            in_quotes = c == '"';
            section = c != ']';
        } else if (c == '[') {
            section = true;
        } else if (!is_atom_char(c)) {
            break;
        }
    }
    if (length == 0 || length > text.size() || section) return expected("msg-att");
    at_ += length;
    return text.substr(0, length);
}

Result<void> Tokens::skip_value() {
    std::size_t depth = 0;
    do {
        while (depth > 0 && take(' ')) {
        }
        if (take('(')) {
            if (++depth > limits::kImapNesting) {
                return fail(Errc::limit, "lists nested deeper than kImapNesting (" +
                                             std::to_string(limits::kImapNesting) + ")");
            }
        } else if (depth > 0 && take(')')) {
            --depth;
        } else if (const std::string_view text = rest();
                   !text.empty() && (text[0] == '"' || text[0] == '{' || literal_marker_length(text) > 0)) {
            if (const auto value = nstring("string"); !value) return tl::unexpected(value.error());
        } else if (const auto value = item_name(); !value) {
            return tl::unexpected(value.error());
        }
    } while (depth > 0);
    return {};
}

}  // namespace mailpipe::imap
