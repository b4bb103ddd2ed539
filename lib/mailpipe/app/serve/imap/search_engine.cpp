#include "mailpipe/app/serve/imap/search_engine.hpp"

#include <algorithm>

#include "mailpipe/app/serve/imap/sort_messages.hpp"
#include "mailpipe/imap/server/search_response.hpp"

namespace mailpipe::app::serve {
namespace {

using imap::server::ESearch;
using imap::server::Found;
using imap::server::SearchReturn;

Found uids_of(const SearchView& view, const Indices& indices) {
    Found out;
    out.reserve(indices.size());
    for (const std::uint32_t index : indices)
        out.push_back((*view.snapshot)[index].uid);
    return out;
}

Found numbers_of(const Indices& indices) {
    Found out;
    out.reserve(indices.size());
    for (const std::uint32_t index : indices)
        out.push_back(index + 1);
    return out;
}

// The highest MODSEQ of what is told, when MODSEQ was among the keys (RFC 7162 sections 3.1.5 and 3.1.10).
std::optional<std::uint64_t> modseq_of(const SearchView& view, const email::Query& query,
                                       const Indices& indices, const SearchReturn& returns) {
    if (!email::search_needs(query).modseq || indices.empty()) return std::nullopt;
    std::uint64_t highest = 0;
    for (const std::size_t kept : imap::server::kept_results(returns, indices.size()))
        highest = std::max(highest, (*view.snapshot)[indices[kept]].modseq);
    return highest;
}

std::vector<index::Uid> saved_of(const SearchReturn& returns, const Found& uids) {
    std::vector<index::Uid> saved;
    for (const std::size_t kept : imap::server::kept_results(returns, uids.size()))
        saved.push_back(uids[kept]);
    std::sort(saved.begin(), saved.end());
    return saved;
}

struct Asked {
    bool uid = false;
    bool sorted = false;
    const SearchReturn& returns;
    const email::Query& query;
    std::string_view tag;
};

SearchAnswer answer_of(const SearchView& view, const Asked& asked, const Indices& indices,
                       const std::vector<int>& scores) {
    SearchAnswer out;
    const auto modseq = modseq_of(view, asked.query, indices, asked.returns);
    out.found = uids_of(view, indices);
    const Found told = asked.uid ? out.found : numbers_of(indices);
    if (asked.returns.save) out.saved = saved_of(asked.returns, out.found);
    // "MUST NOT be returned for mailboxes that contain no matching messages", whatever is asked for (RFC 7377 section 2.1).
    if (!view.told_as.empty() && indices.empty()) return out;
    if (asked.returns.given) {
        ESearch of;
        of.tag = asked.tag;
        of.mailbox = view.told_as;
        of.utf8 = view.utf8;
        if (!view.told_as.empty()) of.uid_validity = view.snapshot->uid_validity();
        of.uid = asked.uid;
        of.sorted = asked.sorted;
        out.response = imap::server::encode_esearch(of, asked.returns, told, modseq, scores);
    } else {
        out.response =
            asked.sorted ? imap::server::encode_sort(told, modseq) : imap::server::encode_search(told, modseq);
    }
    return out;
}

// Nothing where they are not `wanted`.
Result<std::vector<int>> scores_if(bool wanted, const SearchView& view, const email::Query& query,
                                   const Indices& indices) {
    return wanted ? score_messages(view, query, indices) : std::vector<int>();
}

// The scores of the ascending `indices`, side by side with `sorted`.
std::vector<int> in_order_of(const Indices& sorted, const Indices& indices, const std::vector<int>& scores) {
    std::vector<int> out;
    out.reserve(sorted.size());
    for (const std::uint32_t index : sorted) {
        const auto at = std::lower_bound(indices.begin(), indices.end(), index);
        out.push_back(scores[static_cast<std::size_t>(at - indices.begin())]);
    }
    return out;
}

}  // namespace

Result<SearchAnswer> run_search(const SearchView& view, const imap::server::Search& command,
                                std::string_view tag, const SearchProgress& progress) {
    const auto found = search_messages(view, command.query, nullptr, progress);
    if (!found) return tl::unexpected(found.error());
    const auto scores = scores_if(command.returns.relevancy, view, command.query, *found);
    if (!scores) return tl::unexpected(scores.error());
    return answer_of(view, {command.uid, false, command.returns, command.query, tag}, *found, *scores);
}

Result<SearchAnswer> run_sort(const SearchView& view, const imap::server::Sort& command, std::string_view tag,
                              SortCache* cache, const SearchProgress& progress) {
    const auto found = search_messages(view, command.query, nullptr, progress);
    if (!found) return tl::unexpected(found.error());
    const bool scored = command.returns.relevancy || email::sorts_by_relevancy(command.program);
    auto scores = scores_if(scored, view, command.query, *found);
    if (!scores) return tl::unexpected(scores.error());
    const auto sorted = sort_messages(view, command.program, *found, cache, *scores);
    if (!sorted) return tl::unexpected(sorted.error());
    if (scored) scores = in_order_of(*sorted, *found, *scores);
    return answer_of(view, {command.uid, true, command.returns, command.query, tag}, *sorted, *scores);
}

Result<SearchAnswer> run_thread(const SearchView& view, const imap::server::Thread& command, SortCache* cache,
                                const SearchProgress& progress) {
    const auto found = search_messages(view, command.query, nullptr, progress);
    if (!found) return tl::unexpected(found.error());
    const auto facts = thread_facts_of(view, *found, cache);
    if (!facts) return tl::unexpected(facts.error());
    SearchAnswer out;
    out.found = uids_of(view, *found);
    out.response = imap::server::encode_thread(email::encode_threads(
        email::thread(command.algorithm, *facts), command.uid ? out.found : numbers_of(*found)));
    return out;
}

Result<std::string> update_context(SearchContext& context, const index::Snapshot& before,
                                   const SearchView& view, SortCache* cache) {
    const index::Snapshot& after = *view.snapshot;
    const auto diff = index::SnapshotDiff::between(before, after);
    Indices candidates(diff.changed.begin(), diff.changed.end());
    for (std::size_t i = after.size() - diff.added; i < after.size(); ++i)
        candidates.push_back(static_cast<std::uint32_t>(i));
    std::sort(candidates.begin(), candidates.end());
    auto matching = search_messages(view, context.query, &candidates);
    if (!matching) return tl::unexpected(matching.error());
    for (const std::uint32_t uid : context.found) {
        const auto index = after.find(uid);
        const bool looked_at = index && std::binary_search(candidates.begin(), candidates.end(), *index);
        if (index && !looked_at) matching->push_back(static_cast<std::uint32_t>(*index));
    }
    std::sort(matching->begin(), matching->end());
    if (!context.program.empty()) {
        const auto scores =
            scores_if(email::sorts_by_relevancy(context.program), view, context.query, *matching);
        if (!scores) return tl::unexpected(scores.error());
        auto sorted = sort_messages(view, context.program, std::move(*matching), cache, *scores);
        if (!sorted) return tl::unexpected(sorted.error());
        matching = std::move(*sorted);
    }
    Found now = uids_of(view, *matching);
    ESearch of;
    of.tag = context.tag;
    of.uid = context.uid;
    of.sorted = !context.program.empty();
    std::string out = imap::server::encode_context_update(
        of, context.found, now, [&](std::uint32_t uid, bool removed) -> std::uint32_t {
            if (context.uid) return uid;
            const auto index = (removed ? before : after).find(uid);
            return index ? static_cast<std::uint32_t>(*index) + 1 : 0;
        });
    context.found = std::move(now);
    return out;
}

}  // namespace mailpipe::app::serve
