#include <fmt/format.h>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;

constexpr std::size_t kQuotedLength = 1000;  // servers limit the command line; a literal is not part of it

// A quoted string of IMAP4rev1 holds 7-bit TEXT-CHAR only (RFC 3501 section 9): anything else is a literal, so
// that no string can end the command (threats.md: CR, LF in names).
std::string encode_string(std::string_view text) {
    const bool quotable = text.size() <= kQuotedLength && ascii::is_ascii(text) &&
                          text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
    if (!quotable) return fmt::format("{{{}}}\r\n{}", text.size(), text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string encode_date(std::int64_t day) {
    const mime::DateTime date = mime::utc_date(day * 86'400);
    return fmt::format("{}-{}-{:04}", date.day, mime::month_name(date.month), date.year);
}

std::string encode_set(const SearchKey& key) {
    const auto number = [](std::uint32_t value) {
        return value == SearchKey::kStar ? "*" : std::to_string(value);
    };
    std::string out;
    for (const auto& [first, last] : key.ranges) {
        if (!out.empty()) out += ',';
        out += number(first);
        if (last != first) out += ":" + number(last);
    }
    return out;
}

// System flags have a key of their own in IMAP, and no keyword of the "$" name that JMAP gives them.
std::string encode_keyword(const SearchKey& key) {
    if (key.token != "KEYWORD" && key.token != "UNKEYWORD") return key.token;
    for (const std::string_view flag : {"SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT"}) {
        if (!key.name.starts_with('$') || !ascii::equals_ignore_case(key.name.substr(1), flag)) continue;
        return (key.wanted ? "" : "UN") + std::string(flag);
    }
    return key.token + " " + key.name;
}

std::string encode(const SearchKey& key, bool inside);

std::string encode_children(const SearchKey& key, bool inside) {
    std::string out;
    for (const Query& child : key.children) {
        if (!out.empty()) out += ' ';
        out += encode(*child, inside);
    }
    return out;
}

std::string encode(const SearchKey& key, bool inside) {
    const std::string fuzzy = key.fuzzy ? "FUZZY " : "";
    switch (key.kind) {
        case Kind::and_: {
            const std::string keys = encode_children(key, true);
            return inside ? "(" + keys + ")" : keys;
        }
        case Kind::or_:
        case Kind::not_:
            return key.token + " " + encode_children(key, true);
        case Kind::header:
            if (key.token == "HEADER")
                return fuzzy + "HEADER " + encode_string(key.name) + " " + encode_string(key.text);
            return fuzzy + key.token + " " + encode_string(key.text);
        case Kind::body:
        case Kind::text:
            return fuzzy + key.token + " " + encode_string(key.text);
        case Kind::internal_date:
        case Kind::sent_date:
        case Kind::save_date:
            return key.token + " " + encode_date(key.day);
        case Kind::keyword:
            return encode_keyword(key);
        case Kind::larger:
        case Kind::smaller:
        case Kind::within:
        case Kind::modseq:
            return key.token + " " + std::to_string(key.number);
        case Kind::uid:
            return "UID " + encode_set(key);
        case Kind::number:
            return encode_set(key);
        case Kind::saved:
            return key.token.empty() ? "$" : "UID $";
        case Kind::email_id:
        case Kind::thread_id:
            return key.token + " " + key.text;
        case Kind::save_date_supported:
            return key.token;
        case Kind::all:
            break;
    }
    return "ALL";
}

}  // namespace

std::string encode_search_keys(const Query& query) {
    return encode(*query, false);
}

std::string encode_search(const Query& query) {
    const std::string criteria = encode_search_keys(query);
    return ascii::is_ascii(criteria) ? criteria : "CHARSET UTF-8 " + criteria;
}

}  // namespace mailpipe::email
