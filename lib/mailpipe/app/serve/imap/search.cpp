#include <algorithm>
#include <ctime>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/mailbox_filter.hpp"
#include "mailpipe/app/serve/imap/search_engine.hpp"
#include "mailpipe/app/serve/imap/updates.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::size_t kContexts = 10;  // results of a session that are kept up to date (RFC 5267 section 4.3)

SearchView view_of(const Selected& selected) {
    return {selected.mailbox,
            selected.seen,
            proto::ranges_of(selected.saved),
            std::time(nullptr),
            nullptr,
            {},
            false};
}

using IndexRanges = std::vector<std::pair<std::size_t, std::size_t>>;  // half open, ascending, apart

// The messages that a key names by number or UID; all for other keys. Not message by message: sets are as long as a line.
IndexRanges named_by(const index::Snapshot& seen, const email::SearchKey& key) {
    const bool by_uid = key.kind == email::SearchKey::Kind::uid;
    if (seen.empty()) return {};
    if (!by_uid && key.kind != email::SearchKey::Kind::number) return {{0, seen.size()}};
    const std::uint32_t largest = by_uid ? seen[seen.size() - 1].uid : static_cast<std::uint32_t>(seen.size());
    const auto index_of = [&](std::uint32_t number) {
        return by_uid ? seen.lower_bound(number) : std::size_t{number} - 1;
    };
    IndexRanges named;
    for (const auto& [from, to] : key.ranges) {
        // RFC 9051 section 9: "*" is the largest, whatever stands before it.
        const std::uint32_t first = to == email::SearchKey::kStar ? std::min(from, largest) : from;
        if (first > largest || first == 0) continue;
        const std::size_t begin = std::max(index_of(first), named.empty() ? 0 : named.back().second);
        const std::size_t end = to >= largest ? seen.size() : index_of(to + 1);
        if (begin < end) named.emplace_back(begin, end);
    }
    return named;
}

IndexRanges in_both(const IndexRanges& one, const IndexRanges& other) {
    IndexRanges both;
    auto a = one.begin();
    auto b = other.begin();
    while (a != one.end() && b != other.end()) {
        const std::size_t begin = std::max(a->first, b->first), end = std::min(a->second, b->second);
        if (begin < end) both.emplace_back(begin, end);
        ++(a->second < b->second ? a : b);
    }
    return both;
}

// What a search has to look at: less than all where it names messages. Error: temporary where nobody waits for it.
Result<Indices> candidates_of(const Work& work, const index::Snapshot& seen, const email::SearchKey& query) {
    IndexRanges ranges = named_by(seen, query);
    if (query.kind == email::SearchKey::Kind::and_) {
        for (const email::Query& child : query.children) {
            if (work.progress->abandoned) return fail(Errc::temporary, "the search was ended");
            ranges = in_both(ranges, named_by(seen, *child));
        }
    }
    Indices found;
    for (const auto& [begin, end] : ranges)
        for (std::size_t index = begin; index < end; ++index)
            found.push_back(static_cast<std::uint32_t>(index));
    return found;
}

SearchProgress progress_of(const Work& work) {
    return [progress = work.progress](std::size_t done, std::size_t all) {
        progress->done = done;
        progress->all = all;
        return !progress->abandoned;
    };
}

// RFC 9738 section 3.3: what is sorted is sorted as a whole.
std::optional<Outcome> refuse_to_sort(const Work& work, const email::Query& query) {
    const index::Snapshot& seen = *work.state.selected->seen;
    if (!are_too_many(work, seen.size())) return std::nullopt;
    const auto candidates = candidates_of(work, seen, *query);
    if (!candidates) return refusal_of(candidates.error());
    return are_too_many(work, candidates->size()) ? std::optional(refuse_too_many(work)) : std::nullopt;
}

// RFC 5267 section 4.3.
bool reuses_tag(const Work& work, const proto::SearchReturn& returns) {
    const auto& contexts = work.state.selected->contexts;
    return returns.update && std::any_of(contexts.begin(), contexts.end(),
                                         [&](const SearchContext& context) { return context.tag == work.tag; });
}

// What of an answer outlives the command.
void keep(Work& work, const proto::SearchReturn& returns, SearchAnswer& answer, SearchContext context) {
    Selected& selected = *work.state.selected;
    if (returns.save) selected.saved = std::move(answer.saved);
    if (!returns.update) return;
    if (selected.contexts.size() < kContexts) {
        context.found = std::move(answer.found);
        context.fetch = returns.update_items;
        selected.contexts.push_back(std::move(context));
        if (!selected.searched) selected.searched = selected.seen;
        return;
    }
    // RFC 5267 section 4.3: an untagged NO says so, and the search is done all the same.
    work.out += "* NO [NOUPDATE ";
    proto::write_string(work.out, work.tag);
    work.out += "] Too many results are kept up to date\r\n";
}

Outcome finish(Work& work, const proto::SearchReturn& returns, SearchContext context,
               Result<SearchAnswer>& answer, std::string limited = {}) {
    // RFC 5182 section 2.1: a SAVE that fails leaves "$" empty.
    if (!answer && returns.save) work.state.selected->saved.clear();
    if (!answer) return refusal_of(answer.error());
    if (email::search_needs(context.query).modseq) work.enables_condstore = true;
    work.out += answer->response;
    keep(work, returns, *answer, std::move(context));
    return done("That is what was found", std::move(limited));
}

// The UIDs of new messages whose items the client has asked for. A message that comes in by its flags is not
// among them (RFC 5465 section 7).
proto::Ranges arrived_in(const SearchContext& context, const index::Snapshot& before) {
    if (context.fetch.empty()) return {};
    std::vector<std::uint32_t> uids;
    std::copy_if(context.found.begin(), context.found.end(), std::back_inserter(uids),
                 [&](std::uint32_t uid) { return uid >= before.uid_next(); });
    std::sort(uids.begin(), uids.end());
    return proto::ranges_of(uids);
}

// RFC 7377.
Outcome search_many(Work& work, const proto::Search& command) {
    auto account = work.state.names.own();
    if (!account) return refusal_of(account.error());
    auto all = (*account)->mailboxes();
    if (!all) return refusal_of(all.error());
    const auto subscribed = subscriptions(**account);
    std::size_t looked_at = 0;
    for (const index::MailboxInfo& info : *all) {
        const bool meant =
            std::any_of(command.in.begin(), command.in.end(), [&](const proto::MailboxFilter& filter) {
                const bool selected = filter.kind == proto::MailboxFilter::Kind::selected ||
                                      filter.kind == proto::MailboxFilter::Kind::selected_delayed;
                if (selected) return work.state.selected && work.state.selected->name == info.name;
                return is_in(filter, info.name, subscribed);
            });
        if (!meant || !info.exists) continue;
        auto mailbox = (*account)->mailbox(info.name);
        if (!mailbox) continue;  // deleted meanwhile
        if (auto fresh = (*mailbox)->refresh(); !fresh) return refusal_of(fresh.error());
        SearchView view{*mailbox,  (*mailbox)->snapshot(), {}, std::time(nullptr), nullptr,
                        info.name, work.enabled.utf8};
        if (are_too_many(work, looked_at += view.snapshot->size())) return refuse_too_many(work);
        auto answer = run_search(view, command, work.tag, progress_of(work));
        if (!answer) return refusal_of(answer.error());
        work.out += answer->response;
    }
    return done("That is what was found");
}

}  // namespace

Outcome on_search(Work& work, const proto::Search& asked) {
    if (!asked.bad_charset.empty()) {
        work.state.selected->saved.clear();
        return refused(asked.bad_charset, "charset is not known");
    }
    if (!asked.in.empty()) return search_many(work, asked);
    if (reuses_tag(work, asked.returns)) return bad("A search of this tag is kept up to date");
    proto::Search command = asked;
    // IMAP4rev2 knows no other response (RFC 9051 section 6.4.4).
    if (work.enabled.rev2 && !command.returns.given) command.returns.given = command.returns.all = true;
    SearchView view = view_of(*work.state.selected);
    if (command.is_esearch) {
        view.told_as = work.state.selected->name;
        view.utf8 = work.enabled.utf8;
    }
    Indices among;
    std::string limited;
    if (are_too_many(work, view.snapshot->size())) {
        auto candidates = candidates_of(work, *view.snapshot, *command.query);
        if (!candidates) return refusal_of(candidates.error());
        among = std::move(*candidates);
        std::vector<std::size_t> indices(among.begin(), among.end());
        limited = limit_messages(work, indices);
        among.erase(among.begin(), among.end() - static_cast<std::ptrdiff_t>(indices.size()));
        view.among = &among;
    }
    auto answer = run_search(view, command, work.tag, progress_of(work));
    return finish(work, command.returns, {work.tag, command.uid, command.query, {}, {}}, answer,
                  std::move(limited));
}

Outcome on_sort(Work& work, const proto::Sort& command) {
    if (reuses_tag(work, command.returns)) return bad("A search of this tag is kept up to date");
    if (auto refusal = refuse_to_sort(work, command.query)) return *refusal;
    SortCache& cache = work.state.names.shared().sort_cache();
    auto answer = run_sort(view_of(*work.state.selected), command, work.tag, &cache, progress_of(work));
    return finish(work, command.returns, {work.tag, command.uid, command.query, command.program, {}}, answer);
}

Outcome on_thread(Work& work, const proto::Thread& command) {
    if (auto refusal = refuse_to_sort(work, command.query)) return *refusal;
    SortCache& cache = work.state.names.shared().sort_cache();
    auto answer = run_thread(view_of(*work.state.selected), command, &cache, progress_of(work));
    return finish(work, {}, {work.tag, command.uid, command.query, {}, {}}, answer);
}

Outcome on_cancel_update(Work& work, const proto::CancelUpdate& command) {
    auto& contexts = work.state.selected->contexts;
    for (const std::string& tag : command.tags) {
        const auto found = std::find_if(contexts.begin(), contexts.end(),
                                        [&](const SearchContext& context) { return context.tag == tag; });
        if (found == contexts.end()) return bad("There is no such search");
        contexts.erase(found);
    }
    return done("No more updates of these");
}

void write_changes(Work& work, bool may_expunge) {
    Selected& selected = *work.state.selected;
    const auto before = selected.searched ? selected.searched : selected.seen;
    std::string updates;
    write_updates(selected, work.enabled, may_expunge, updates);
    selected.searched = selected.contexts.empty() ? nullptr : selected.seen;
    if (selected.contexts.empty() || selected.seen == before) {
        work.out += updates;
        return;
    }
    // What leaves a result is named by the numbers from before, what comes in by those from now on.
    std::string added;
    std::vector<std::pair<proto::Ranges, const SearchContext*>> arrived;
    const SearchView view = view_of(selected);
    for (SearchContext& context : selected.contexts) {
        auto changes = update_context(context, *before, view, &work.state.names.shared().sort_cache());
        if (!changes) continue;  // it is looked at again with the next change
        if (auto uids = arrived_in(context, *before); !uids.empty())
            arrived.emplace_back(std::move(uids), &context);
        const std::size_t at = changes->find(" ADDTO ");
        const std::size_t line = at == std::string::npos ? changes->size() : changes->rfind("\r\n", at);
        const std::size_t split = line == std::string::npos ? 0 : std::min(line + 2, changes->size());
        work.out.append(*changes, 0, split);
        added.append(*changes, split);
    }
    // RFC 5465 section 7: EXISTS, FETCH, ESEARCH.
    work.out += updates;
    for (auto& [uids, context] : arrived)
        fetch_unasked(work, std::move(uids), context->fetch);
    work.out += added;
}

}  // namespace mailpipe::app::serve
