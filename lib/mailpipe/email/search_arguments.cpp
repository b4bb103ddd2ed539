#include "mailpipe/email/search_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/field_encode.hpp"

namespace mailpipe::email {
namespace {

bool is_atom_char(char c) {
    return !ascii::is_space(c) && c != '(' && c != ')' && c != '"';
}

std::optional<std::uint32_t> set_number(std::string_view text) {
    if (text == "*") return SearchKey::kStar;
    const auto value = ascii::parse_number(text);
    if (!value || *value == 0 || *value > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

// Ascending and apart, so that a look-up costs the logarithm of what a client writes.
void normalise(SearchArguments::Ranges& ranges) {
    std::sort(ranges.begin(), ranges.end());
    std::size_t kept = 0;
    for (const auto& range : ranges) {
        if (kept > 0 &&
            (ranges[kept - 1].second >= range.first || range.first - ranges[kept - 1].second == 1)) {
            // "*" beside its neighbour is no range of numbers yet.
            if (range.first != SearchKey::kStar || ranges[kept - 1].second == SearchKey::kStar) {
                ranges[kept - 1].second = std::max(ranges[kept - 1].second, range.second);
                continue;
            }
        }
        ranges[kept++] = range;
    }
    ranges.resize(kept);
}

}  // namespace

Fail SearchArguments::error(std::string_view expected) const {
    return fail(Errc::usage, fmt::format("search: expected {} at offset {}", expected, at_));
}

void SearchArguments::skip_spaces() {
    while (at_ < text_.size() && ascii::is_space(text_[at_]))
        ++at_;
}

std::string_view SearchArguments::atom() {
    const std::size_t start = at_;
    while (!at_end() && is_atom_char(text_[at_]))
        ++at_;
    return text_.substr(start, at_ - start);
}

Result<void> SearchArguments::read_string(std::string& out, std::string_view what) {
    skip_spaces();
    if (!at_end() && text_[at_] == '"') return read_quoted(out);
    if (server_ && !at_end() && text_[at_] == '{') return read_literal(out);
    out = atom();
    if (out.empty()) return error(what);
    return {};
}

Result<void> SearchArguments::read_quoted(std::string& out) {
    ++at_;
    while (!at_end() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        out += text_[at_++];
    }
    if (at_end()) return error("a closing DQUOTE");
    ++at_;
    return {};
}

// literal = "{" number64 ["+"] "}" CRLF *CHAR8
Result<void> SearchArguments::read_literal(std::string& out) {
    const std::size_t end = text_.find("}\r\n", at_);
    if (end == std::string_view::npos) return error("a literal");
    std::string_view size_text = text_.substr(at_ + 1, end - at_ - 1);
    if (size_text.ends_with('+') || size_text.ends_with('-')) size_text.remove_suffix(1);
    const auto size = ascii::parse_number(size_text);
    const std::size_t begin = end + 3;
    if (!size || *size > text_.size() - begin) return error("a literal");
    out = text_.substr(begin, *size);
    at_ = begin + *size;
    return {};
}

// A field name that holds a colon or a line end would be another command (threats.md: CR, LF in names).
Result<void> SearchArguments::read_field_name(std::string& out) {
    skip_spaces();
    const std::size_t start = at_;
    if (auto read = read_string(out, "a field name"); !read) return read;
    if (mime::is_field_name(out)) return {};
    at_ = start;
    return error("a field name");
}

// flag-keyword = atom (RFC 9051 section 9)
Result<void> SearchArguments::read_keyword(std::string& out) {
    skip_spaces();
    const std::size_t start = at_;
    out = atom();
    const bool valid = !out.empty() && std::all_of(out.begin(), out.end(), [](char c) {
        return c > 32 && c < 127 && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
    });
    if (valid) return {};
    at_ = start;
    return error("a keyword");
}

// date-text = date-day "-" date-month "-" date-year, also in quotes
Result<void> SearchArguments::read_date(std::int64_t& out) {
    skip_spaces();
    const std::size_t start = at_;
    std::string text;
    if (auto read = read_string(text, "a date such as 1-Feb-2026"); !read) return read;
    const auto pieces = ascii::split(text, '-');
    if (pieces.size() == 3 && pieces[0].size() <= 2 && pieces[1].size() == 3 && pieces[2].size() == 4) {
        const auto day = ascii::parse_number(pieces[0]);
        const int month = mime::month_number(pieces[1]);
        const auto year = ascii::parse_number(pieces[2]);
        if (day && year && month > 0 && *day >= 1 && *year >= 1 &&
            static_cast<int>(*day) <= mime::days_in_month(static_cast<int>(*year), month)) {
            out = mime::civil_day(static_cast<int>(*year), month, static_cast<int>(*day));
            return {};
        }
    }
    at_ = start;
    return error("a date such as 1-Feb-2026");
}

Result<void> SearchArguments::read_number(std::uint64_t& out, std::uint64_t least, std::string_view what) {
    skip_spaces();
    const std::size_t start = at_;
    const auto number = ascii::parse_number(atom());
    // number64 is 63 bits (RFC 9051 section 9).
    if (number && *number >= least && *number <= INT64_MAX) {
        out = *number;
        return {};
    }
    at_ = start;
    return error(what);
}

// sequence-set = (seq-number / seq-range) *("," sequence-set) / "$"
Result<void> SearchArguments::read_set(Ranges& out, bool& saved, std::string_view what) {
    skip_spaces();
    const std::size_t start = at_;
    const std::string_view text = atom();
    saved = server_ && text == "$";
    if (saved) return {};
    for (const std::string_view piece : ascii::split(text, ',')) {
        const std::size_t colon = piece.find(':');
        const auto first = set_number(piece.substr(0, colon));
        const auto last = colon == std::string_view::npos ? first : set_number(piece.substr(colon + 1));
        if (!first || !last) {
            at_ = start;
            return error(what);
        }
        out.emplace_back(std::min(*first, *last), std::max(*first, *last));
    }
    normalise(out);
    return {};
}

// search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer (RFC 7162 section 7). There is one
// MODSEQ for all flags of a message: which of them is meant makes no difference (section 3.1.5).
Result<void> SearchArguments::read_modseq(std::uint64_t& out) {
    skip_spaces();
    if (!at_end() && text_[at_] == '"') {
        std::string entry;
        if (auto read = read_quoted(entry); !read) return read;
        if (!ascii::starts_with_ignore_case(entry, "/flags/"))
            return error("an entry such as \"/flags/\\\\Seen\"");
        skip_spaces();
        const std::string type = ascii::to_lower(atom());
        if (type != "priv" && type != "shared" && type != "all") return error("priv, shared or all");
    }
    return read_number(out, 0, "a MODSEQ");
}

// objectid = 1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474 section 7)
Result<void> SearchArguments::read_object_id(std::string& out) {
    skip_spaces();
    const std::size_t start = at_;
    if (auto read = read_string(out, "an object id"); !read) return read;
    const bool valid = !out.empty() && out.size() <= 255 && std::all_of(out.begin(), out.end(), [](char c) {
        return ascii::is_alnum(c) || c == '_' || c == '-';
    });
    if (valid) return {};
    at_ = start;
    return error("an object id");
}

}  // namespace mailpipe::email
