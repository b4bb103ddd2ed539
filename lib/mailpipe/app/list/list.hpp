#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

struct ListOptions {
    CommonOptions common;
    ClientOptions client;
    std::vector<std::string> locations;
    bool refs_from_stdin = false;
    std::string search;    // SEARCH keys; empty: all
    std::string sort;      // SORT keys (email/sort.hpp); empty: the order of the mailboxes
    std::string thread;    // REFERENCES or ORDEREDSUBJECT; empty: no threads
    bool reverse = false;  // the last one first
    std::optional<std::uint64_t> limit;
    bool count = false;               // only how many there are
    bool recursive = false;           // of a Maildir also the folders and Maildirs below it
    bool follow = false;              // then those that arrive, until SIGINT or SIGTERM
    bool mailboxes = false;           // the mailboxes instead of the messages
    std::vector<std::string> fields;  // properties of the record, in this order; empty: the envelope

    // One of these at most: what becomes of the messages, instead of a listing.
    std::vector<std::string> flags;  // "+Seen -Flagged"
    std::string move_to;
    std::string copy_to;
    bool remove = false;
};

// Runs mail-list; the exit status. A source that cannot be listed is reported, and the others are listed; what
// is held of a mailbox is its list of identifiers and the headers in flight, with an order of its own (sort,
// thread, reverse) also a record for each message. A change is reported, message by message, when it is durable.
MAILPIPE_EXPORT int run_list(const ListOptions& options);

}  // namespace mailpipe::app
