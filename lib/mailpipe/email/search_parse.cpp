#include <fmt/format.h>

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/email/search_arguments.hpp"
#include "mailpipe/email/search_table.hpp"

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;
using Argument = SearchTableEntry::Argument;
using Relation = SearchKey::Relation;

bool begins_set(std::string_view token) {
    return !token.empty() && (ascii::is_digit(token[0]) || token[0] == '*' || token == "$");
}

// search      = search-key *(SP search-key)
// search-key  = key / "NOT" SP search-key / "OR" SP search-key SP search-key / "(" search ")" / "FUZZY" SP search-key
// string      = atom / quoted / literal; an atom is everything up to a space, a parenthesis or a DQUOTE
class Parser {
 public:
    Parser(std::string_view text, bool server) : text_(text), server_(server), read_(text, server) {}

    Result<Query> run() {
        if (!is_utf8(text_)) return read_.error("text in UTF-8");
        if (text_.find('\0') != std::string_view::npos) return read_.error("text without NUL");
        auto query = keys(false, 0);
        if (query && !read_.at_end()) return read_.error("a search key");
        return query;
    }

 private:
    Result<Query> keys(bool parenthesised, std::size_t depth) {
        std::vector<Query> children;
        while (true) {
            read_.skip_spaces();
            if (read_.at_end() || read_.peek() == ')') break;
            auto child = key(depth);
            if (!child) return child;
            children.push_back(std::move(*child));
            const bool apart = read_.at_end() || read_.peek() == ')' || ascii::is_space(read_.peek());
            if (server_ && !apart) return read_.error("a space");
        }
        if (children.empty()) return read_.error("a search key");
        if (parenthesised && read_.at_end()) return read_.error("\")\"");
        if (children.size() == 1) return std::move(children.front());
        return all_of(std::move(children));
    }

    static Query all_of(std::vector<Query> children) {
        auto out = std::make_shared<SearchKey>();
        out->kind = Kind::and_;
        out->cheap_first = children;
        std::stable_sort(out->cheap_first.begin(), out->cheap_first.end(),
                         [](const Query& a, const Query& b) { return search_cost(*a) < search_cost(*b); });
        out->children = std::move(children);
        return out;
    }

    Result<Query> key(std::size_t depth) {
        if (depth >= limits::kImapNesting) {
            return fail(Errc::usage, fmt::format("search: nested deeper than kImapNesting ({}) at offset {}",
                                                 limits::kImapNesting, read_.offset()));
        }
        read_.skip_spaces();
        if (!read_.at_end() && read_.peek() == '(') {
            read_.move_to(read_.offset() + 1);
            auto inner = keys(true, depth + 1);
            if (!inner) return inner;
            read_.move_to(read_.offset() + 1);  // the ")" that keys() stopped at
            return inner;
        }
        const std::size_t start = read_.offset();
        const std::string token = ascii::to_upper(read_.atom());
        if (token == "NOT") return combined(Kind::not_, token, 1, depth);
        if (token == "OR") return combined(Kind::or_, token, 2, depth);
        if (server_ && token == "FUZZY") return fuzzy(depth);
        if (server_ && token == "NEW") return is_new();
        if (server_ && begins_set(token)) {
            read_.move_to(start);
            return with_argument({"", Kind::number, Argument::set, ""});
        }
        if (const SearchTableEntry* entry = find_search_key(token, server_)) return with_argument(*entry);
        read_.move_to(start);
        return read_.error("a search key such as FROM, SINCE or UNSEEN");
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

    // What FUZZY stands in front of may be several keys: it is theirs (RFC 6203 section 3).
    Result<Query> fuzzy(std::size_t depth) {
        const bool outer = fuzzy_;
        fuzzy_ = true;
        auto inner = key(depth + 1);
        fuzzy_ = outer;
        return inner;
    }

    // "Functionally equivalent to (RECENT UNSEEN)" (RFC 3501 section 6.4.4).
    Result<Query> is_new() {
        auto recent = with_argument(*find_search_key("RECENT", true));
        auto unseen = with_argument(*find_search_key("UNSEEN", true));
        if (!recent || !unseen) return recent;
        return all_of({std::move(*recent), std::move(*unseen)});
    }

    Result<Query> with_argument(const SearchTableEntry& entry) {
        auto out = std::make_shared<SearchKey>();
        out->kind = entry.kind;
        out->token = entry.token;
        out->name = entry.name;
        out->relation = entry.relation;
        out->wanted = entry.wanted;
        if (auto read = read_argument(entry.argument, *out); !read) return tl::unexpected(read.error());
        out->fuzzy = fuzzy_;
        if (out->kind == Kind::header || out->kind == Kind::body || out->kind == Kind::text) {
            out->folded = fuzzy_ ? fuzzy_form(out->text) : casemap(out->text);
        }
        return Query(std::move(out));
    }

    Result<void> read_argument(Argument argument, SearchKey& out) {
        switch (argument) {
            case Argument::none:
                break;
            case Argument::string:
                return read_.read_string(out.text, "a string");
            case Argument::field_and_string: {
                auto name = read_.read_field_name(out.name);
                return name ? read_.read_string(out.text, "a string") : name;
            }
            case Argument::date:
                return read_.read_date(out.day);
            case Argument::number:
                return read_.read_number(out.number, 0, "a number of octets");
            case Argument::interval:  // nz-number of RFC 5032 section 4
                return read_.read_number(out.number, 1, "a number of seconds");
            case Argument::keyword:
                return read_.read_keyword(out.name);
            case Argument::set:
                return read_set(out);
            case Argument::uid:
                return read_uid(out);
            case Argument::modseq:
                return read_.read_modseq(out.number);
            case Argument::object_id:
                return read_.read_object_id(out.text);
        }
        return {};
    }

    // UIDAFTER and UIDBEFORE of RFC 9738 section 4: the UID itself is not meant.
    Result<void> read_uid(SearchKey& out) {
        std::uint64_t uid = 0;
        auto read = read_.read_number(uid, 1, "a UID");
        if (!read) return read;
        out.token = "UID";
        if (out.relation == Relation::since) {
            if (uid < SearchKey::kStar - 1)
                out.ranges.emplace_back(static_cast<std::uint32_t>(uid) + 1, SearchKey::kStar - 1);
        } else if (uid > 1) {
            out.ranges.emplace_back(
                1, static_cast<std::uint32_t>(std::min<std::uint64_t>(uid - 1, SearchKey::kStar - 1)));
        }
        // No message has it: a set is never empty.
        if (out.ranges.empty()) out.ranges.emplace_back(SearchKey::kStar - 1, SearchKey::kStar - 1);
        out.relation = Relation::on;
        return {};
    }

    Result<void> read_set(SearchKey& out) {
        bool saved = false;
        auto read = read_.read_set(out.ranges, saved,
                                   out.kind == Kind::uid ? "a set of UIDs such as 1:3,7" : "a set of messages");
        if (saved) out.kind = Kind::saved;
        return read;
    }

    std::string_view text_;
    bool server_;
    SearchArguments read_;
    bool fuzzy_ = false;
};

}  // namespace

Result<Query> parse_search(std::string_view text) {
    return Parser(text, false).run();
}

Result<Query> parse_imap_search(std::string_view text) {
    return Parser(text, true).run();
}

}  // namespace mailpipe::email
