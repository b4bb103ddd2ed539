#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/relevancy.hpp"
#include "mailpipe/email/search.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

namespace mailpipe::imap::server {
namespace {

Result<void> parse_partial(CommandReader& in, SearchReturn& out) {
    if (auto space = in.space(); !space) return space;
    if (out.partial) return in.expected("one PARTIAL");
    const auto range = in.partial_range();
    if (!range) return tl::unexpected(range.error());
    out.partial = *range;
    return {};
}

// modifier-update = "UPDATE" [SP "(" fetch-att *(SP fetch-att) ")"]: without the space in the grammar of RFC 5465, with it in
// its example.
Result<void> parse_update(CommandReader& in, const ParseContext& context, SearchReturn& out) {
    out.update = true;
    const std::string_view rest = in.rest();
    if (!context.offers("NOTIFY") || !(rest.starts_with('(') || rest.starts_with(" ("))) return {};
    in.take(' ');
    Result<void> read;
    read_into(parse_fetch_items(in, context, false), out.update_items, read);
    return read;
}

// search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" / modifier-update / "CONTEXT" / "PARTIAL" SP partial-range /
//                     "RELEVANCY"
Result<void> parse_return_option(CommandReader& in, const ParseContext& context, std::string_view contexts,
                                 SearchReturn& out) {
    const auto name = in.keyword("search-return-opt");
    if (!name) return tl::unexpected(name.error());
    const bool has_context = context.offers(contexts);
    if (*name == "MIN") {
        out.min = true;
    } else if (*name == "MAX") {
        out.max = true;
    } else if (*name == "ALL") {
        out.all = true;
    } else if (*name == "COUNT") {
        out.count = true;
    } else if (*name == "SAVE" && context.offers("SEARCHRES")) {
        out.save = true;
    } else if (*name == "UPDATE" && has_context) {
        return parse_update(in, context, out);
    } else if (*name == "CONTEXT" && has_context) {
        out.context = true;
    } else if (*name == "RELEVANCY" && context.offers("SEARCH=FUZZY")) {
        out.relevancy = true;
    } else if (*name == "PARTIAL" && (has_context || context.offers("PARTIAL"))) {
        return parse_partial(in, out);
    } else {
        return fail(Errc::protocol, "search-return-opt is not known");
    }
    return {};
}

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
Result<void> parse_return(CommandReader& in, const ParseContext& context, bool sorts, SearchReturn& out) {
    if (!ascii::starts_with_ignore_case(in.rest(), " RETURN (")) return {};
    if (!context.offers(sorts ? "ESORT" : "ESEARCH")) return {};
    in.take(' ');
    in.take_word("RETURN");
    in.take(' ');
    out.given = true;
    auto read = parse_parenthesised(in, "search-return-opts", true, [&] {
        return parse_return_option(in, context, sorts ? "CONTEXT=SORT" : "CONTEXT=SEARCH", out);
    });
    if (!read) return read;
    if (out.partial && out.all) return fail(Errc::protocol, "PARTIAL and ALL exclude each other");
    const bool asks = out.min || out.max || out.count || out.save || out.partial;
    if (!asks) out.all = true;  // "RETURN ()" (RFC 4731 section 3.1)
    return {};
}

constexpr std::string_view kBadCharset = "BADCHARSET (US-ASCII UTF-8)";

// Other charsets than these are refused with the list of them (RFC 9051 section 6.4.4).
Result<void> check_charset(std::string_view charset) {
    if (ascii::equals_ignore_case(charset, "UTF-8") || ascii::equals_ignore_case(charset, "US-ASCII"))
        return {};
    return fail_with_code(Errc::unsupported, std::string(kBadCharset), "charset is not known");
}

// What a key needs that is masked, or was left behind by what is enabled. The tree is no deeper than kImapNesting.
Result<void> check_key(const email::SearchKey& key, const ParseContext& context) {
    using Kind = email::SearchKey::Kind;
    struct Need {
        Kind kind;
        std::string_view capability;
    };
    static constexpr Need kNeeds[] = {
        {Kind::within, "WITHIN"},
        {Kind::saved, "SEARCHRES"},
        {Kind::modseq, "CONDSTORE"},
        {Kind::save_date, "SAVEDATE"},
        {Kind::email_id, "OBJECTID"},
        {Kind::thread_id, "OBJECTID"},
        {Kind::save_date_supported, "SAVEDATE"},
    };
    for (const Need& need : kNeeds) {
        if (key.kind == need.kind && !context.offers(need.capability))
            return fail(Errc::protocol, std::string(need.capability) + " is not available");
    }
    if (key.fuzzy && !context.offers("SEARCH=FUZZY")) return fail(Errc::protocol, "FUZZY is not available");
    if (key.kind == Kind::number && context.uid_only)
        return fail_with_code(Errc::protocol, "UIDREQUIRED",
                              "message numbers are not used, UIDONLY is enabled");
    // RFC 9051 appendix E: they went with \\Recent.
    if (context.rev2 && (key.token == "NEW" || key.token == "OLD" || key.token == "RECENT"))
        return fail(Errc::protocol, key.token + " is not of IMAP4rev2");
    for (const email::Query& child : key.children) {
        if (auto checked = check_key(*child, context); !checked) return checked;
    }
    return {};
}

Result<email::Query> parse_keys(CommandReader& in, const ParseContext& context) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    auto query = email::parse_imap_search(in.rest_with_literals());
    if (!query) {
        // What email calls a usage error is a client's.
        if (query.error().kind == Errc::usage) query.error().kind = Errc::protocol;
        return query;
    }
    if (auto checked = check_key(**query, context); !checked) return tl::unexpected(checked.error());
    return query;
}

// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
Result<void> parse_program(CommandReader& in, const ParseContext& context, Search& out) {
    Result<void> error;
    if (ascii::starts_with_ignore_case(in.rest(), " CHARSET ")) {
        // It says what is no longer to be said (RFC 6855 section 3).
        if (context.utf8_accept) return fail(Errc::protocol, "CHARSET although UTF8=ACCEPT is enabled");
        in.take(' ');
        in.take_word("CHARSET");
        in.take(' ');
        std::string charset;
        if (!read_into(in.astring("charset"), charset, error)) return error;
        if (error = check_charset(charset); !error) {
            if (!out.returns.save) return error;
            out.bad_charset = kBadCharset;
            (void)in.rest_with_literals();
            return {};
        }
    }
    read_into(parse_keys(in, context), out.query, error);
    return error;
}

// charset SP search-key *(SP search-key), of SORT and THREAD (RFC 5256 section 4)
Result<void> parse_charset_and_keys(CommandReader& in, const ParseContext& context, email::Query& query) {
    Result<void> error = in.space();
    std::string charset;
    if (!error || !read_into(in.astring("charset"), charset, error)) return error;
    if (error = check_charset(charset); !error) return error;
    read_into(parse_keys(in, context), query, error);
    return error;
}

// RFC 6203 section 4: it "MUST NOT be used unless a FUZZY search key is also given".
Result<void> check_relevancy(bool wanted, const email::Query& query) {
    if (!wanted || (query && email::is_fuzzy(query))) return {};
    return fail(Errc::protocol, "RELEVANCY is of a FUZZY search only");
}

Result<void> refuse_numbers(const ParseContext& context) {
    if (context.uid || !context.uid_only) return {};
    return fail_with_code(Errc::protocol, "UIDREQUIRED", "message numbers are not used, UIDONLY is enabled");
}

// sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"
Result<email::SortProgram> parse_criteria(CommandReader& in, const ParseContext& context) {
    if (auto space = in.space(); !space) return tl::unexpected(space.error());
    const std::string_view rest = in.rest();
    const std::size_t end = rest.find(')');
    if (rest.substr(0, 1) != "(" || end == std::string_view::npos) return in.expected("sort-criteria");
    auto program = email::parse_imap_sort(rest.substr(0, end + 1));
    if (!program) return fail(Errc::protocol, program.error().message);
    if (email::needs_display_names(*program) && !context.offers("SORT=DISPLAY"))
        return fail(Errc::protocol, "SORT=DISPLAY is not available");
    if (email::sorts_by_relevancy(*program) && !context.offers("SEARCH=FUZZY"))
        return fail(Errc::protocol, "SEARCH=FUZZY is not available");
    in.skip(end + 1);
    return program;
}

// esearch-source-opts = "IN" SP "(" filter-mailboxes *(SP filter-mailboxes) [SP "(" scope-options ")"] ")"
Result<void> parse_sources(CommandReader& in, std::vector<MailboxFilter>& out) {
    if (!ascii::starts_with_ignore_case(in.rest(), " IN (")) return {};
    in.take(' ');
    in.take_word("IN");
    in.take(' ');
    return parse_parenthesised(in, "esearch-source-opts", false, [&]() -> Result<void> {
        if (in.rest().substr(0, 1) == "(") return fail(Errc::protocol, "scope-option is not known");
        auto filter = parse_mailbox_filter(in);
        if (!filter) return tl::unexpected(filter.error());
        out.push_back(std::move(*filter));
        return {};
    });
}

}  // namespace

// search = "SEARCH" [search-return-opts] SP search-program
Result<Command> parse_search(CommandReader& in, const ParseContext& context) {
    Search out;
    out.uid = context.uid;
    auto read = refuse_numbers(context);
    if (read) read = parse_return(in, context, false, out.returns);
    if (read) read = parse_program(in, context, out);
    if (read && out.bad_charset.empty()) read = check_relevancy(out.returns.relevancy, out.query);
    if (!read) return tl::unexpected(read.error());
    return finish(in, std::move(out));
}

// esearch = "ESEARCH" [SP esearch-source-opts] [search-return-opts] SP search-program (RFC 7377 section 2)
Result<Command> parse_esearch(CommandReader& in, const ParseContext& context) {
    Search out;
    out.uid = true;
    out.is_esearch = true;
    auto read = parse_sources(in, out.in);
    if (read) read = parse_return(in, context, false, out.returns);
    if (read && out.in.empty() && !context.selected) read = fail(Errc::protocol, "no mailbox is selected");
    if (read && !out.in.empty() && (out.returns.update || out.returns.context || out.returns.save))
        read = fail(Errc::protocol, "SAVE, UPDATE and CONTEXT are of the selected mailbox only");
    if (read) read = parse_program(in, context, out);
    if (read) read = check_relevancy(out.returns.relevancy, out.query);
    if (!read) return tl::unexpected(read.error());
    if (!out.returns.given) out.returns.all = true;
    out.returns.given = true;
    return finish(in, std::move(out));
}

// sort = "SORT" [search-return-opts] SP sort-criteria SP charset SP search-key *(SP search-key)
Result<Command> parse_sort(CommandReader& in, const ParseContext& context) {
    Sort out;
    out.uid = context.uid;
    auto read = refuse_numbers(context);
    if (read) read = parse_return(in, context, true, out.returns);
    if (read) read_into(parse_criteria(in, context), out.program, read);
    if (read) read = parse_charset_and_keys(in, context, out.query);
    const bool relevancy = out.returns.relevancy || email::sorts_by_relevancy(out.program);
    if (read) read = check_relevancy(relevancy, out.query);
    if (!read) return tl::unexpected(read.error());
    return finish(in, std::move(out));
}

// thread = "THREAD" SP thread-alg SP charset SP search-key *(SP search-key)
Result<Command> parse_thread(CommandReader& in, const ParseContext& context) {
    Thread out;
    out.uid = context.uid;
    auto read = refuse_numbers(context);
    if (read) read = in.space();
    if (!read) return tl::unexpected(read.error());
    const auto name = in.keyword("thread-alg");
    if (!name) return tl::unexpected(name.error());
    const auto algorithm = email::parse_thread_algorithm(*name);
    if (!algorithm || !context.offers("THREAD=" + *name))
        return fail(Errc::protocol, "thread-alg is not known");
    out.algorithm = *algorithm;
    read = parse_charset_and_keys(in, context, out.query);
    if (!read) return tl::unexpected(read.error());
    return finish(in, std::move(out));
}

// cancelupdate = "CANCELUPDATE" 1*(SP quoted) (RFC 5267 section 5)
Result<Command> parse_cancelupdate(CommandReader& in, const ParseContext&) {
    CancelUpdate out;
    do {
        if (auto space = in.space(); !space) return tl::unexpected(space.error());
        auto tag = in.quoted("tag");
        if (!tag) return tl::unexpected(tag.error());
        out.tags.push_back(std::move(*tag));
    } while (!in.at_end());
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server
