#include <ctime>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/search_engine.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

SearchView view_of(const Selected& selected) {
    SearchView view;
    view.mailbox = selected.mailbox;
    view.snapshot = selected.seen;
    view.saved = proto::ranges_of(selected.saved);
    view.now = std::time(nullptr);
    return view;
}

// A server "that is unable to [keep a result up to date] MUST return an untagged NO response including a NOUPDATE response
// code", and does the search all the same (RFC 5267 section 4.3).
void refuse_update(Work& work) {
    work.out += "* NO [NOUPDATE ";
    proto::write_string(work.out, work.tag);
    work.out += "] Results are not kept up to date\r\n";
}

Outcome finish(Work& work, const proto::SearchReturn& returns, const email::Query& query,
               const Result<SearchAnswer>& answer) {
    Selected& selected = *work.state.selected;
    if (!answer) {
        // "If the command fails, ... the search result variable becomes an empty sequence" (RFC 5182 section 2.1).
        if (returns.save) selected.saved.clear();
        return refusal_of(answer.error());
    }
    if (email::search_needs(query).modseq) work.enables_condstore = true;
    work.out += answer->response;
    if (returns.save) selected.saved = answer->saved;
    if (returns.update) refuse_update(work);
    return done("Search completed");
}

}  // namespace

Outcome on_search(Work& work, const imap::server::Search& command) {
    if (!command.in.empty()) return refused("CANNOT", "Not yet");
    return finish(work, command.returns, command.query,
                  run_search(view_of(*work.state.selected), command, work.tag));
}

Outcome on_sort(Work& work, const imap::server::Sort& command) {
    SortCache& cache = work.state.names.shared().sort_cache();
    return finish(work, command.returns, command.query,
                  run_sort(view_of(*work.state.selected), command, work.tag, &cache));
}

Outcome on_thread(Work& work, const imap::server::Thread& command) {
    SortCache& cache = work.state.names.shared().sort_cache();
    return finish(work, {}, command.query, run_thread(view_of(*work.state.selected), command, &cache));
}

}  // namespace mailpipe::app::serve
