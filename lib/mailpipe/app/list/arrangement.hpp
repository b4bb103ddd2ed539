#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/list/list_sink.hpp"
#include "mailpipe/app/list/order.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"

namespace mailpipe::app {

// What names the thread that begins with this message.
std::string thread_id_of(const Candidate& candidate);

struct ThreadPlace {
    std::size_t message = 0;
    std::size_t depth = 0;
    std::size_t first = 0;  // the message that its thread begins with
    std::string branch;
};
// The messages of a forest, each once, in the order that is wanted of its threads: by the lowest `rank` that one of
// their messages has (empty: as they are), or the other way around.
std::vector<ThreadPlace> place_threads(const std::vector<email::ThreadEntry>& entries,
                                       const std::vector<std::size_t>& rank, bool reverse);

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
        Placement place;
    };
    // Each message once.
    std::vector<Placed> place() const;
    const std::string& record(std::size_t index) const { return records_[index]; }

 private:
    std::vector<std::size_t> sorted() const;
    std::vector<Placed> place_threads() const;

    Order order_;
    std::vector<std::string> records_;
    std::vector<std::string> thread_ids_;  // of a thread that begins with the message, when threads are wanted
    std::vector<std::vector<email::SortValue>> sort_values_;
    std::vector<email::ThreadFacts> thread_facts_;
};

}  // namespace mailpipe::app
