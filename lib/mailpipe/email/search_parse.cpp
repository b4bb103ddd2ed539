#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/field_encode.hpp"

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;
using Relation = SearchKey::Relation;

enum class Argument { none, string, field_and_string, date, number, interval, keyword, set };

struct Entry {
    std::string_view token;
    Kind kind;
    Argument argument;
    std::string_view name;  // header field or keyword
    Relation relation = Relation::on;
    bool wanted = true;
};

constexpr auto kKeys = std::to_array<Entry>({
    {"ALL", Kind::all, Argument::none, ""},
    {"FROM", Kind::header, Argument::string, "From"},
    {"TO", Kind::header, Argument::string, "To"},
    {"CC", Kind::header, Argument::string, "Cc"},
    {"BCC", Kind::header, Argument::string, "Bcc"},
    {"SUBJECT", Kind::header, Argument::string, "Subject"},
    {"HEADER", Kind::header, Argument::field_and_string, ""},
    {"BODY", Kind::body, Argument::string, ""},
    {"TEXT", Kind::text, Argument::string, ""},
    {"BEFORE", Kind::internal_date, Argument::date, "", Relation::before},
    {"ON", Kind::internal_date, Argument::date, "", Relation::on},
    {"SINCE", Kind::internal_date, Argument::date, "", Relation::since},
    {"SENTBEFORE", Kind::sent_date, Argument::date, "", Relation::before},
    {"SENTON", Kind::sent_date, Argument::date, "", Relation::on},
    {"SENTSINCE", Kind::sent_date, Argument::date, "", Relation::since},
    {"SEEN", Kind::keyword, Argument::none, "$seen"},
    {"UNSEEN", Kind::keyword, Argument::none, "$seen", Relation::on, false},
    {"ANSWERED", Kind::keyword, Argument::none, "$answered"},
    {"UNANSWERED", Kind::keyword, Argument::none, "$answered", Relation::on, false},
    {"FLAGGED", Kind::keyword, Argument::none, "$flagged"},
    {"UNFLAGGED", Kind::keyword, Argument::none, "$flagged", Relation::on, false},
    {"DELETED", Kind::keyword, Argument::none, "$deleted"},
    {"UNDELETED", Kind::keyword, Argument::none, "$deleted", Relation::on, false},
    {"DRAFT", Kind::keyword, Argument::none, "$draft"},
    {"UNDRAFT", Kind::keyword, Argument::none, "$draft", Relation::on, false},
    {"KEYWORD", Kind::keyword, Argument::keyword, ""},
    {"UNKEYWORD", Kind::keyword, Argument::keyword, "", Relation::on, false},
    {"LARGER", Kind::larger, Argument::number, ""},
    {"SMALLER", Kind::smaller, Argument::number, ""},
    {"OLDER", Kind::within, Argument::interval, "", Relation::before},
    {"YOUNGER", Kind::within, Argument::interval, "", Relation::since},
    {"UID", Kind::uid, Argument::set, ""},
});

// search      = search-key *(SP search-key)
// search-key  = key / "NOT" SP search-key / "OR" SP search-key SP search-key / "(" search ")"
// string      = atom / quoted; an atom is everything up to a space, a parenthesis or a DQUOTE
class Parser {
 public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Query> run() {
        if (!is_utf8(text_)) return error("text in UTF-8");
        if (text_.find('\0') != std::string_view::npos) return error("text without NUL");
        auto query = keys(false, 0);
        if (query && at_ < text_.size()) return error("a search key");
        return query;
    }

 private:
    Fail error(std::string_view expected) const {
        return fail(Errc::usage, fmt::format("search: expected {} at offset {}", expected, at_));
    }

    void skip_spaces() {
        while (at_ < text_.size() && ascii::is_space(text_[at_]))
            ++at_;
    }

    bool at_end() const { return at_ >= text_.size(); }

    static bool is_atom_char(char c) { return !ascii::is_space(c) && c != '(' && c != ')' && c != '"'; }

    std::string_view atom() {
        const std::size_t start = at_;
        while (!at_end() && is_atom_char(text_[at_]))
            ++at_;
        return text_.substr(start, at_ - start);
    }

    Result<Query> keys(bool parenthesised, std::size_t depth) {
        std::vector<Query> children;
        while (true) {
            skip_spaces();
            if (at_end() || text_[at_] == ')') break;
            auto child = key(depth);
            if (!child) return child;
            children.push_back(std::move(*child));
        }
        if (children.empty()) return error("a search key");
        if (parenthesised && at_end()) return error("\")\"");
        if (children.size() == 1) return std::move(children.front());
        auto all_of = std::make_shared<SearchKey>();
        all_of->kind = Kind::and_;
        all_of->cheap_first = children;
        std::stable_sort(all_of->cheap_first.begin(), all_of->cheap_first.end(),
                         [](const Query& a, const Query& b) { return search_cost(*a) < search_cost(*b); });
        all_of->children = std::move(children);
        return Query(std::move(all_of));
    }

    Result<Query> key(std::size_t depth) {
        if (depth >= limits::kImapNesting) {
            return fail(Errc::usage, fmt::format("search: nested deeper than kImapNesting ({}) at offset {}",
                                                 limits::kImapNesting, at_));
        }
        skip_spaces();
        if (!at_end() && text_[at_] == '(') {
            ++at_;
            auto inner = keys(true, depth + 1);
            if (!inner) return inner;
            ++at_;  // the ")" that keys() stopped at
            return inner;
        }
        const std::size_t start = at_;
        const std::string token = ascii::to_upper(atom());
        if (token == "NOT") return combined(Kind::not_, token, 1, depth);
        if (token == "OR") return combined(Kind::or_, token, 2, depth);
        const auto* entry =
            std::find_if(kKeys.begin(), kKeys.end(), [&](const Entry& e) { return e.token == token; });
        if (entry == kKeys.end()) {
            at_ = start;
            return error("a search key such as FROM, SINCE or UNSEEN");
        }
        return with_argument(*entry);
    }

    Result<Query> combined(Kind kind, const std::string& token, int count, std::size_t depth) {
        auto out = std::make_shared<SearchKey>();
        out->kind = kind;
        out->token = token;
        for (int i = 0; i < count; ++i) {
            auto child = key(depth + 1);
            if (!child) return child;
            out->children.push_back(std::move(*child));
        }
        return Query(std::move(out));
    }

    Result<Query> with_argument(const Entry& entry) {
        auto out = std::make_shared<SearchKey>();
        out->kind = entry.kind;
        out->token = entry.token;
        out->name = entry.name;
        out->relation = entry.relation;
        out->wanted = entry.wanted;
        Result<void> read;
        switch (entry.argument) {
            case Argument::none:
                break;
            case Argument::string:
                read = read_string(out->text, "a string");
                break;
            case Argument::field_and_string:
                read = read_field_name(out->name);
                if (read) read = read_string(out->text, "a string");
                break;
            case Argument::date:
                read = read_date(out->day);
                break;
            case Argument::number:
                read = read_number(out->number, 0, "a number of octets");
                break;
            case Argument::interval:  // nz-number of RFC 5032 section 4
                read = read_number(out->number, 1, "a number of seconds");
                break;
            case Argument::keyword:
                read = read_keyword(out->name);
                break;
            case Argument::set:
                read = read_set(out->ranges);
                break;
        }
        if (!read) return tl::unexpected(read.error());
        return Query(std::move(out));
    }

    Result<void> read_string(std::string& out, std::string_view what) {
        skip_spaces();
        if (at_end() || text_[at_] != '"') {
            out = atom();
            if (out.empty()) return error(what);
            return {};
        }
        ++at_;
        while (!at_end() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            out += text_[at_++];
        }
        if (at_end()) return error("a closing DQUOTE");
        ++at_;
        return {};
    }

    // A field name that holds a colon or a line end would be another command (threats.md: CR, LF in names).
    Result<void> read_field_name(std::string& out) {
        skip_spaces();
        const std::size_t start = at_;
        if (auto read = read_string(out, "a field name"); !read) return read;
        if (mime::is_field_name(out)) return {};
        at_ = start;
        return error("a field name");
    }

    // flag-keyword = atom (RFC 9051 section 9)
    Result<void> read_keyword(std::string& out) {
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
    Result<void> read_date(std::int64_t& out) {
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

    Result<void> read_number(std::uint64_t& out, std::uint64_t least, std::string_view what) {
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

    // sequence-set = (seq-number / seq-range) *("," sequence-set)
    Result<void> read_set(std::vector<std::pair<std::uint32_t, std::uint32_t>>& out) {
        skip_spaces();
        const std::size_t start = at_;
        const auto number = [](std::string_view text) -> std::optional<std::uint32_t> {
            if (text == "*") return UINT32_MAX;
            const auto value = ascii::parse_number(text);
            if (!value || *value == 0 || *value > UINT32_MAX) return std::nullopt;
            return static_cast<std::uint32_t>(*value);
        };
        for (const std::string_view piece : ascii::split(atom(), ',')) {
            const std::size_t colon = piece.find(':');
            const auto first = number(piece.substr(0, colon));
            const auto last = colon == std::string_view::npos ? first : number(piece.substr(colon + 1));
            if (!first || !last) {
                at_ = start;
                return error("a set of UIDs such as 1:3,7");
            }
            out.emplace_back(std::min(*first, *last), std::max(*first, *last));
        }
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

int search_cost(const SearchKey& key) {
    switch (key.kind) {
        case Kind::larger:
        case Kind::smaller:
            return 1;
        case Kind::header:
        case Kind::sent_date:
            return 2;
        case Kind::body:
        case Kind::text:
            return 3;
        case Kind::and_:
        case Kind::or_:
        case Kind::not_: {
            int most = 0;
            for (const Query& child : key.children)
                most = std::max(most, search_cost(*child));
            return most;
        }
        default:
            return 0;
    }
}

bool needs_within(const Query& query) {
    return query->kind == Kind::within ||
           std::any_of(query->children.begin(), query->children.end(), needs_within);
}

bool needs_only_header(const Query& query) {
    switch (query->kind) {
        case Kind::all:
        case Kind::header:
        case Kind::sent_date:
            return true;
        case Kind::and_:
        case Kind::or_:
        case Kind::not_:
            return std::all_of(query->children.begin(), query->children.end(), needs_only_header);
        default:
            return false;
    }
}

Result<Query> parse_search(std::string_view text) {
    return Parser(text).run();
}

}  // namespace mailpipe::email
