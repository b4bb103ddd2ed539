#pragma once

#include "mailpipe/app/serve/imap/search_engine.hpp"

namespace mailpipe::app::serve {

// What the messages of the ascending `indices` are threaded by, side by side with them. Those that are gone are threads of
// their own.
Result<std::vector<email::ThreadFacts>> thread_facts_of(const SearchView& view, const Indices& indices,
                                                        SortCache* cache);

}  // namespace mailpipe::app::serve
