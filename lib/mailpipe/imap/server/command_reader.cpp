#include "mailpipe/imap/server/command_reader.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/modified_utf7.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/server/command_framer.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::imap::server {
namespace {

// ATOM-CHAR = <any CHAR except atom-specials>
bool is_atom_char(char c) {
    return c > 0x20 && c < 0x7F && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}
// ASTRING-CHAR = ATOM-CHAR / resp-specials
bool is_astring_char(char c) {
    return is_atom_char(c) || c == ']';
}
// list-char = ATOM-CHAR / list-wildcards / resp-specials
bool is_list_char(char c) {
    return is_astring_char(c) || c == '%' || c == '*';
}

template <class Predicate>
std::size_t length_while(std::string_view text, Predicate matches) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), matches) - text.begin());
}

constexpr std::array<std::string_view, 5> kSystemFlags{"\\Answered", "\\Flagged", "\\Deleted", "\\Seen",
                                                       "\\Draft"};

}  // namespace

void CommandText::clear() {
    wipe(text);
    for (Literal& literal : literals)
        wipe(literal.octets);
    // A session that waits holds nothing of a large command.
    std::string().swap(text);
    std::vector<Literal>().swap(literals);
}

CommandReader::CommandReader(const CommandText& command, std::size_t offset, bool utf8)
    : command_(command), at_(offset), utf8_(utf8) {
    while (next_literal_ < command.literals.size() && command.literals[next_literal_].behind <= offset)
        ++next_literal_;
}

Fail CommandReader::expected(std::string_view rule) const {
    return fail(Errc::protocol, std::string(rule) + " expected at octet " + std::to_string(at_));
}

bool CommandReader::take(char c) {
    if (at_end() || command_.text[at_] != c) return false;
    ++at_;
    return true;
}

bool CommandReader::take_word(std::string_view word) {
    const std::string_view text = rest();
    if (!ascii::starts_with_ignore_case(text, word)) return false;
    if (text.size() > word.size() && is_atom_char(text[word.size()])) return false;
    at_ += word.size();
    return true;
}

Result<void> CommandReader::expect(char c, std::string_view rule) {
    if (!take(c)) return expected(rule);
    return {};
}

Result<void> CommandReader::end() {
    if (!at_end()) return expected("end of the command");
    return {};
}

Result<std::string_view> CommandReader::atom(std::string_view rule) {
    const std::string_view text = rest();
    const std::size_t length = length_while(text, is_atom_char);
    if (length == 0) return expected(rule);
    at_ += length;
    return text.substr(0, length);
}

Result<std::string> CommandReader::keyword(std::string_view rule) {
    const auto word = atom(rule);
    if (!word) return tl::unexpected(word.error());
    return ascii::to_upper(*word);
}

// astring = 1*ASTRING-CHAR / string
Result<std::string> CommandReader::astring(std::string_view rule) {
    const std::string_view text = rest();
    const std::size_t length = length_while(text, is_astring_char);
    if (length == 0) return string(rule);
    at_ += length;
    return std::string(text.substr(0, length));
}

// string = quoted / literal
Result<std::string> CommandReader::string(std::string_view rule) {
    if (rest().substr(0, 1) == "\"") return quoted(rule);
    return literal(rule, false);
}

Result<std::optional<std::string>> CommandReader::nstring(std::string_view rule, bool binary) {
    if (take_word("NIL")) return std::optional<std::string>();
    auto value = rest().substr(0, 1) == "\"" ? quoted(rule) : literal(rule, binary);
    if (!value) return tl::unexpected(value.error());
    return std::optional<std::string>(std::move(*value));
}

// QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / UTF8-2 / UTF8-3 / UTF8-4
Result<std::string> CommandReader::quoted(std::string_view rule) {
    const std::size_t start = at_;
    if (!take('"')) return expected(rule);
    std::string out;
    while (!at_end()) {
        char c = command_.text[at_++];
        if (c == '"') {
            if (ascii::is_ascii(out) || (utf8_ && is_utf8(out))) return out;
            break;
        }
        if (c == '\\') {
            if (at_end()) break;
            c = command_.text[at_++];
            if (c != '"' && c != '\\') break;
        }
        out += c;
    }
    at_ = start;
    return expected(rule);
}

Result<std::string> CommandReader::literal(std::string_view rule, bool binary) {
    if (next_literal_ == command_.literals.size()) return expected(rule);
    const CommandText::Literal& found = command_.literals[next_literal_];
    if (at_ + found.marker != found.behind || (found.binary && !binary)) return expected(rule);
    // CHAR8 has no NUL; literal8 may.
    if (!found.binary && found.octets.find('\0') != std::string::npos)
        return expected(std::string(rule) + " without NUL");
    at_ = found.behind;
    ++next_literal_;
    return found.octets;
}

Result<std::uint64_t> CommandReader::number64(std::string_view rule) {
    const std::string_view text = rest();
    const std::size_t length = length_while(text, ascii::is_digit);
    const auto value = ascii::parse_number(text.substr(0, length));
    if (!value || *value > static_cast<std::uint64_t>(INT64_MAX)) return expected(rule);
    at_ += length;
    return *value;
}

Result<std::uint32_t> CommandReader::number(std::string_view rule) {
    const std::size_t start = at_;
    const auto value = number64(rule);
    if (!value) return tl::unexpected(value.error());
    if (*value <= UINT32_MAX) return static_cast<std::uint32_t>(*value);
    at_ = start;
    return expected(rule);
}

Result<std::uint32_t> CommandReader::nz_number(std::string_view rule) {
    if (rest().substr(0, 1) == "0") return expected(rule);
    return number(rule);
}

Result<std::string> CommandReader::decode_mailbox(Result<std::string> name, std::size_t start) const {
    if (!name) return name;
    if (ascii::equals_ignore_case(*name, "INBOX")) return std::string("INBOX");
    const auto refused = [start](std::string_view what) {
        return fail(Errc::protocol,
                    "mailbox name in " + std::string(what) + " expected at octet " + std::to_string(start));
    };
    if (utf8_) {
        if (!is_utf8(*name)) return refused("UTF-8");
    } else {
        name = decode_mailbox_name(*name);
        if (!name) return refused("modified UTF-7");
    }
    // What would break a line of a response, a log or a file of subscriptions.
    if (std::any_of(name->begin(), name->end(), ascii::is_control)) return refused("printable characters");
    return name;
}

Result<std::string> CommandReader::mailbox_or_empty() {
    const std::size_t start = at_;
    return decode_mailbox(astring("mailbox"), start);
}

Result<std::string> CommandReader::mailbox() {
    const std::size_t start = at_;
    auto name = mailbox_or_empty();
    if (name && name->empty()) {
        return fail(Errc::protocol,
                    "mailbox name that is not empty expected at octet " + std::to_string(start));
    }
    return name;
}

// list-mailbox = 1*list-char / string
Result<std::string> CommandReader::list_pattern() {
    const std::size_t start = at_;
    const std::string_view text = rest();
    const std::size_t length = length_while(text, is_list_char);
    if (length == 0) return decode_mailbox(string("list-mailbox"), start);
    at_ += length;
    return decode_mailbox(std::string(text.substr(0, length)), start);
}

Result<NumberSet> CommandReader::sequence_set() {
    const std::string_view text = rest();
    const std::size_t length = length_while(
        text, [](char c) { return ascii::is_digit(c) || c == ':' || c == ',' || c == '*' || c == '$'; });
    auto set = NumberSet::parse(text.substr(0, length));
    if (!set && set.error().kind == Errc::protocol) return expected("sequence-set");
    if (set) at_ += length;
    return set;
}

Result<std::pair<std::int64_t, std::int64_t>> CommandReader::partial_range() {
    const std::size_t start = at_;
    const auto one = [this]() -> std::int64_t {
        const bool backwards = take('-');
        const auto value = nz_number("partial-range");
        return value ? (backwards ? -std::int64_t{*value} : std::int64_t{*value}) : 0;
    };
    const std::int64_t first = one();
    const bool colon = take(':');
    const std::int64_t last = one();
    if (first != 0 && last != 0 && colon && (first < 0) == (last < 0)) return std::pair(first, last);
    at_ = start;
    return expected("partial-range");
}

// flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
// flag-keyword = atom        flag-extension = "\" atom: none that a client may set, \Recent neither
Result<std::string> CommandReader::flag() {
    const std::size_t start = at_;
    std::string out = take('\\') ? "\\" : "";
    const auto name = atom("flag");
    if (!name) {
        at_ = start;
        return expected("flag");
    }
    out += *name;
    for (const std::string_view known : kSystemFlags) {
        if (ascii::equals_ignore_case(out, known)) return std::string(known);
    }
    if (out[0] == '\\') {
        at_ = start;
        return expected("flag that can be set");
    }
    return out;
}

// flag-list = "(" [flag *(SP flag)] ")"
Result<std::vector<std::string>> CommandReader::flag_list() {
    std::vector<std::string> out;
    if (!take('(')) return expected("flag-list");
    if (take(')')) return out;
    do {
        auto one = flag();
        if (!one) return tl::unexpected(one.error());
        out.push_back(std::move(*one));
    } while (take(' '));
    if (!take(')')) return expected("\")\" of flag-list");
    return out;
}

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
// date-day-fixed = (SP DIGIT) / 2DIGIT        time = 2DIGIT ":" 2DIGIT ":" 2DIGIT        zone = ("+" / "-") 4DIGIT
Result<std::time_t> CommandReader::date_time() {
    constexpr std::string_view kForm = "\"dd-mmm-dddd dd:dd:dd sdddd\"";
    const std::string_view text = rest().substr(0, kForm.size());
    bool fits = text.size() == kForm.size();
    for (std::size_t i = 0; fits && i < text.size(); ++i) {
        const char c = text[i];
        switch (kForm[i]) {
            case 'd':
                fits = ascii::is_digit(c) || (i == 1 && c == ' ');
                break;
            case 'm':
                fits = ascii::is_alpha(c);
                break;
            case 's':
                fits = c == '+' || c == '-';
                break;
            default:
                fits = c == kForm[i];
        }
    }
    if (!fits) return expected("date-time");
    const auto two = [text](std::size_t at) {
        return (text[at] == ' ' ? 0 : text[at] - '0') * 10 + (text[at + 1] - '0');
    };
    mime::DateTime date;
    date.day = two(1);
    date.month = mime::month_number(text.substr(4, 3));
    date.year = two(8) * 100 + two(10);
    date.hour = two(13);
    date.minute = two(16);
    date.second = std::min(two(19), 59);
    const int zone = two(23) * 60 + two(25);
    date.zone_minutes = text[22] == '-' ? -zone : zone;
    if (date.month == 0 || date.year == 0 || date.day == 0 || date.hour > 23 || date.minute > 59 ||
        two(19) > 60 || date.day > mime::days_in_month(date.year, date.month) || two(23) > 23 || two(25) > 59) {
        return expected("date-time");
    }
    at_ += kForm.size();
    return static_cast<std::time_t>(mime::epoch_seconds(date));
}

std::string CommandReader::rest_with_literals() {
    std::string out;
    const std::string_view text = command_.text;
    for (; next_literal_ < command_.literals.size(); ++next_literal_) {
        const CommandText::Literal& literal = command_.literals[next_literal_];
        out += text.substr(at_, literal.behind - literal.marker - at_);
        out += (literal.binary ? "~{" : "{") + std::to_string(literal.octets.size()) + "}\r\n" + literal.octets;
        at_ = literal.behind;
    }
    out += text.substr(at_);
    at_ = text.size();
    return out;
}

}  // namespace mailpipe::imap::server
