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

// What a search has to look at: less than all where it names messages.
Indices candidates_of(const index::Snapshot& seen, const email::SearchKey& query) {
    using Kind = email::SearchKey::Kind;
    const auto holds = [&](const email::SearchKey& key, std::size_t index) {
        const bool by_uid = key.kind == Kind::uid;
        if (!by_uid && key.kind != Kind::number) return true;
        const std::uint32_t number = by_uid ? seen[index].uid : static_cast<std::uint32_t>(index + 1);
        const std::uint32_t largest =
            by_uid ? seen[seen.size() - 1].uid : static_cast<std::uint32_t>(seen.size());
        return std::any_of(key.ranges.begin(), key.ranges.end(), [&](const auto& range) {
            const bool open = range.second == email::SearchKey::kStar;
            return number >= (open ? std::min(range.first, largest) : range.first) && number <= range.second;
        });
    };
    Indices found;
    for (std::size_t index = 0; index < seen.size(); ++index) {
        const bool wanted = holds(query, index) &&
                            (query.kind != Kind::and_ ||
                             std::all_of(query.children.begin(), query.children.end(),
                                         [&](const email::Query& child) { return holds(*child, index); }));
        if (wanted) found.push_back(static_cast<std::uint32_t>(index));
    }
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
bool sorts_too_many(const Work& work, const email::Query& query) {
    const index::Snapshot& seen = *work.state.selected->seen;
    return are_too_many(work, seen.size()) && are_too_many(work, candidates_of(seen, *query).size());
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
        among = candidates_of(*view.snapshot, *command.query);
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
    if (sorts_too_many(work, command.query)) return refuse_too_many(work);
    SortCache& cache = work.state.names.shared().sort_cache();
    auto answer = run_sort(view_of(*work.state.selected), command, work.tag, &cache, progress_of(work));
    return finish(work, command.returns, {work.tag, command.uid, command.query, command.program, {}}, answer);
}

Outcome on_thread(Work& work, const proto::Thread& command) {
    if (sorts_too_many(work, command.query)) return refuse_too_many(work);
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
    const SearchView view = view_of(selected);
    for (SearchContext& context : selected.contexts) {
        auto changes = update_context(context, *before, view, &work.state.names.shared().sort_cache());
        if (!changes) continue;  // it is looked at again with the next change
        const std::size_t at = changes->find(" ADDTO ");
        const std::size_t line = at == std::string::npos ? changes->size() : changes->rfind("\r\n", at);
        const std::size_t split = line == std::string::npos ? 0 : std::min(line + 2, changes->size());
        work.out.append(*changes, 0, split);
        added.append(*changes, split);
    }
    work.out.append(updates).append(added);
}

}  // namespace mailpipe::app::serve
