#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"

namespace mailpipe::app {

// How a listing is ordered. Without sort and threads, as the mailboxes have it.
struct Order {
    email::SortProgram sort;  // empty: none
    std::optional<email::ThreadAlgorithm>
        thread;            // with `sort`, the threads are sorted by their first in its order
    bool reverse = false;  // the threads, or the messages when there are none

    bool is_natural() const { return sort.empty() && !thread && !reverse; }
};

// Where a message stands in its thread.
struct Placement {
    std::size_t depth = 0;
    std::string
        thread_id;  // empty without threads; as long as the first message of a thread is the same, so is it
    std::string branch;  // of the tree, drawn before the subject
};

}  // namespace mailpipe::app
