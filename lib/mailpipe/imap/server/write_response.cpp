#include "mailpipe/imap/server/write_response.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/modified_utf7.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::imap::server {
namespace {

constexpr std::size_t kQuotedLength = 1000;

// TEXT-CHAR but for what only UTF8 allows (RFC 9051 section 9). Controls are allowed and yet left to literals: a log or a
// terminal shows them.
bool is_plain(char c) {
    return c >= 0x20 && c <= 0x7E;
}

bool quotable(std::string_view text, bool utf8) {
    if (text.size() > kQuotedLength) return false;
    bool eight_bit = false;
    for (const char c : text) {
        if (is_plain(c) || c == '\t') continue;
        if ((c & 0x80) == 0) return false;
        eight_bit = true;
    }
    return !eight_bit || (utf8 && is_utf8(text));
}

void write_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

// What clients read as an atom wherever a mailbox may stand: no wildcards, and "NIL" is left to nil.
bool is_mailbox_atom(std::string_view text) {
    return !text.empty() && !ascii::equals_ignore_case(text, "NIL") &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > 0x20 && c <= 0x7E && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
           });
}

void write_two_digits(std::string& out, int number) {
    out += static_cast<char>('0' + number / 10);
    out += static_cast<char>('0' + number % 10);
}

}  // namespace

void write_string(std::string& out, std::string_view text, bool utf8) {
    if (quotable(text, utf8)) return write_quoted(out, text);
    out += '{';
    write_number(out, text.size());
    out += "}\r\n";
    out += text;
}

void write_mailbox(std::string& out, std::string_view name, bool utf8) {
    if (is_mailbox_atom(name) && (utf8 || name.find('&') == std::string_view::npos)) {
        out += name;
        return;
    }
    if (utf8) return write_string(out, name, true);
    const auto encoded = encode_mailbox_name(name);
    if (encoded && is_mailbox_atom(*encoded)) {
        out += *encoded;
    } else {
        write_string(out, encoded ? std::string_view(*encoded) : name);
    }
}

void write_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end.ptr);
}

void write_flags(std::string& out, const std::vector<std::string>& flags) {
    out += '(';
    bool first = true;
    for (const std::string& flag : flags) {
        if (!first) out += ' ';
        first = false;
        out += flag;
    }
    out += ')';
}

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
void write_date_time(std::string& out, std::time_t time) {
    const mime::DateTime date = mime::utc_date(time);
    out += '"';
    if (date.day < 10) {
        out += ' ';
        out += static_cast<char>('0' + date.day);
    } else {
        write_two_digits(out, date.day);
    }
    out += '-';
    out += mime::month_name(date.month);
    out += '-';
    write_two_digits(out, date.year / 100);
    write_two_digits(out, date.year % 100);
    out += ' ';
    write_two_digits(out, date.hour);
    out += ':';
    write_two_digits(out, date.minute);
    out += ':';
    write_two_digits(out, date.second);
    out += " +0000\"";
}

}  // namespace mailpipe::imap::server
