#include "mailpipe/imap/esearch_response.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::imap {
namespace {

// search-correlator = SP "(" "TAG" SP tag-string ")"; the "(" is taken.
Result<std::string> parse_correlator(Tokens& tokens) {
    if (const auto name = tokens.atom("TAG"); !name) return tl::unexpected(name.error());
    if (const auto space = tokens.expect(' ', "SP"); !space) return tl::unexpected(space.error());
    auto tag = tokens.nstring("tag-string");
    if (!tag) return tl::unexpected(tag.error());
    if (const auto close = tokens.expect(')', "search-correlator"); !close)
        return tl::unexpected(close.error());
    return std::move(tag->text);
}

// sequence-set = (seq-number / seq-range) *("," sequence-set), without "*"
Result<void> parse_set(Tokens& tokens, EsearchResponse& out) {
    if (!out.found) out.found.emplace();
    do {
        const auto first = tokens.nz_number("sequence-set");
        if (!first) return tl::unexpected(first.error());
        auto last = first;
        if (tokens.take(':')) last = tokens.nz_number("sequence-set");
        if (!last) return tl::unexpected(last.error());
        out.found->emplace_back(std::min(*first, *last), std::max(*first, *last));
    } while (tokens.take(','));
    return {};
}

// ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")"
// partial-results  = sequence-set / "NIL"
Result<void> parse_partial(Tokens& tokens, EsearchResponse& out) {
    if (const auto open = tokens.expect('(', "ret-data-partial"); !open) return open;
    if (const auto range = tokens.atom("partial-range"); !range) return tl::unexpected(range.error());
    if (const auto space = tokens.expect(' ', "SP"); !space) return space;
    if (ascii::starts_with_ignore_case(tokens.rest(), "NIL")) {
        if (const auto nil = tokens.nstring("NIL"); !nil) return tl::unexpected(nil.error());
    } else if (auto set = parse_set(tokens, out); !set) {
        return set;
    }
    return tokens.expect(')', "ret-data-partial");
}

}  // namespace

// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set / "COUNT" SP number /
//                      ret-data-partial / search-modifier-name SP search-return-value
Result<EsearchResponse> parse_esearch(Tokens& tokens) {
    EsearchResponse out;
    while (tokens.take(' ')) {
        if (tokens.take('(')) {
            auto tag = parse_correlator(tokens);
            if (!tag) return tl::unexpected(tag.error());
            out.tag = std::move(*tag);
            continue;
        }
        const auto name = tokens.atom("search-return-data");
        if (!name) return tl::unexpected(name.error());
        if (ascii::equals_ignore_case(*name, "UID")) {
            out.uids = true;
            continue;
        }
        Result<void> value = tokens.expect(' ', "SP");
        if (!value) return tl::unexpected(value.error());
        if (ascii::equals_ignore_case(*name, "ALL")) {
            value = parse_set(tokens, out);
        } else if (ascii::equals_ignore_case(*name, "PARTIAL")) {
            value = parse_partial(tokens, out);
        } else if (ascii::equals_ignore_case(*name, "COUNT")) {
            const auto count = tokens.number("COUNT");
            if (!count) return tl::unexpected(count.error());
            out.count = *count;
        } else {
            value = tokens.skip_value();
        }
        if (!value) return tl::unexpected(value.error());
    }
    if (!tokens.at_end()) return fail(Errc::protocol, "malformed response: SP expected in ESEARCH");
    return out;
}

}  // namespace mailpipe::imap
