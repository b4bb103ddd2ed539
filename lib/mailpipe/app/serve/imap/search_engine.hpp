#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/imap/search_subject.hpp"
#include "mailpipe/app/serve/imap/sort_cache.hpp"
#include "mailpipe/imap/server/command.hpp"

// Evaluates SEARCH, SORT and THREAD. All of it blocks and reads what the index does not know: it runs on a background thread,
// and takes more threads of its own where messages have to be read. Errors are those of the mailbox; a message that is gone
// by now is not found.
namespace mailpipe::app::serve {

// Called now and then with how many messages were looked at, of how many (INPROGRESS, RFC 9585); false ends the search.
using SearchProgress = std::function<bool(std::size_t done, std::size_t all)>;

// Indices into the snapshot, ascending, of the messages that match; of `among` alone when it is given (ascending). Error
// temporary when `progress` ended it.
using Indices = std::vector<std::uint32_t>;
Result<Indices> search_messages(const SearchView& view, const email::Query& query,
                                const Indices* among = nullptr, const SearchProgress& progress = {});
// How relevant each of the ascending `indices` is to a FUZZY search (email/relevancy.hpp), side by side with them.
Result<std::vector<int>> score_messages(const SearchView& view, const email::Query& query,
                                        const Indices& indices);
// Brings the ascending `indices` into order; `scores` are those that RELEVANCY is sorted by.
Result<Indices> sort_messages(const SearchView& view, const email::SortProgram& program, Indices indices,
                              SortCache* cache, const std::vector<int>& scores = {});

struct SearchAnswer {
    std::string response;              // untagged lines; may be empty
    std::vector<index::Uid> saved;     // UIDs that SAVE keeps, ascending, when the command said so
    std::vector<std::uint32_t> found;  // UIDs, in their order: what UPDATE starts from
};
Result<SearchAnswer> run_search(const SearchView& view, const imap::server::Search& command,
                                std::string_view tag, const SearchProgress& progress = {});
Result<SearchAnswer> run_sort(const SearchView& view, const imap::server::Sort& command, std::string_view tag,
                              SortCache* cache, const SearchProgress& progress = {});
Result<SearchAnswer> run_thread(const SearchView& view, const imap::server::Thread& command, SortCache* cache,
                                const SearchProgress& progress = {});

// A result that is kept up to date (RFC 5267 section 4.3): of the messages between `before` and `view.snapshot` only those that
// changed or came are looked at. Message numbers are those of `view.snapshot` for what comes in, of `before` for what goes:
// the lines go out before any EXPUNGE of it does. `found` becomes the new result.
struct SearchContext {
    std::string tag;
    bool uid = false;
    email::Query query;
    email::SortProgram program;  // empty: of SEARCH
    std::vector<std::uint32_t> found;
    std::vector<imap::server::FetchItem> fetch = {};  // of what comes in and is new
};
Result<std::string> update_context(SearchContext& context, const index::Snapshot& before,
                                   const SearchView& view, SortCache* cache);

}  // namespace mailpipe::app::serve
