#include <algorithm>
#include <ctime>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/mailbox_filter.hpp"
#include "mailpipe/app/serve/imap/search_engine.hpp"
#include "mailpipe/app/serve/imap/updates.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::size_t kContexts = 10;  // results of a session that are kept up to date (RFC 5267 section 4.3)

SearchView view_of(const Selected& selected) {
    return {selected.mailbox, selected.seen, proto::ranges_of(selected.saved), std::time(nullptr)};
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
               Result<SearchAnswer>& answer) {
    // RFC 5182 section 2.1: a SAVE that fails leaves "$" empty.
    if (!answer && returns.save) work.state.selected->saved.clear();
    if (!answer) return refusal_of(answer.error());
    if (email::search_needs(context.query).modseq) work.enables_condstore = true;
    work.out += answer->response;
    keep(work, returns, *answer, std::move(context));
    return done("That is what was found");
}

// RFC 7377.
Outcome search_many(Work& work, const proto::Search& command) {
    auto account = work.state.names.own();
    if (!account) return refusal_of(account.error());
    auto all = (*account)->mailboxes();
    if (!all) return refusal_of(all.error());
    const auto subscribed = subscriptions(**account);
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
        SearchView view{*mailbox, (*mailbox)->snapshot(), {}, std::time(nullptr)};
        auto response = run_esearch(view, command, work.tag, work.enabled.utf8);
        if (!response) return refusal_of(response.error());
        work.out += *response;
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
    proto::Search command = asked;
    // IMAP4rev2 knows no other response (RFC 9051 section 6.4.4).
    if (work.enabled.rev2 && !command.returns.given) command.returns.given = command.returns.all = true;
    auto answer = run_search(view_of(*work.state.selected), command, work.tag);
    return finish(work, command.returns, {work.tag, command.uid, command.query, {}, {}}, answer);
}

Outcome on_sort(Work& work, const proto::Sort& command) {
    SortCache& cache = work.state.names.shared().sort_cache();
    auto answer = run_sort(view_of(*work.state.selected), command, work.tag, &cache);
    return finish(work, command.returns, {work.tag, command.uid, command.query, command.program, {}}, answer);
}

Outcome on_thread(Work& work, const proto::Thread& command) {
    SortCache& cache = work.state.names.shared().sort_cache();
    auto answer = run_thread(view_of(*work.state.selected), command, &cache);
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
