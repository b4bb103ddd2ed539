#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/list/list_sink.hpp"
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

// Holds what is listed of all sources until the order is known.
class Arrangement {
 public:
    explicit Arrangement(Order order) : order_(std::move(order)) {}

    // Sets what add() takes but the record. On any thread.
    void prepare(const Candidate& candidate, Prepared& message) const;
    // message.record is what the message is written from.
    void add(Prepared message);

    struct Placed {
        std::size_t record = 0;
        std::size_t depth = 0;  // in its thread
        std::string
            thread_id;  // the same for all messages of a thread, and as long as its first message is the same
        std::string branch;  // of the tree, drawn before the subject
    };
    // Each message once.
    std::vector<Placed> place() const;
    const std::string& record(std::size_t index) const { return records_[index]; }

 private:
    std::vector<std::size_t> sorted() const;
    std::vector<Placed> place_threads() const;
    std::string thread_id(std::size_t message) const;

    Order order_;
    std::vector<std::string> records_;
    std::vector<std::string> refs_;  // of messages without Message-ID, when threads are wanted
    std::vector<std::vector<email::SortValue>> sort_values_;
    std::vector<email::ThreadFacts> thread_facts_;
};

}  // namespace mailpipe::app
