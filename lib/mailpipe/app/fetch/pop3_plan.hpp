#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/fetch/key_table.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/pop3_client.hpp"

// What is to be done with a maildrop, given its listings and what was done before.
//
// UIDLs in practice (threats.md, empty, duplicate, endless UIDL):
//   none at all       nothing but --delete can work: else error unsupported. --delete fetches and removes all.
//   none for one      the same for this message alone; the others are fetched.
//   the same twice    the messages are told apart by size and by how many of that size came before. One
//                     that an earlier run has fetched is not fetched again, but not deleted either: which of
//                     the two it is cannot be known for sure. One fetched in this session is deleted.
namespace mailpipe::app {

// The plan for 100,000 messages is held during the session: each costs some 50 octets, of which 16 are its
// Entry.
struct Pop3Plan {
    struct Entry {
        std::uint32_t number = 0;
        bool goes = false;  // from the server, once it is safe
        KeyTable::Id key = KeyTable::kNone;
        std::uint64_t size = 0;  // as listed
    };
    // With all but the ref.
    Message message(const Entry& entry) const;

    KeyTable listed;                            // keys
    std::vector<Entry> fetch;                   // in the server's order
    std::vector<Entry> remove;                  // safe since an earlier run, and still there
    std::vector<std::uint32_t> unidentifiable;  // left alone without --delete
    std::vector<Location> missing;              // refs that no message has
    std::size_t ambiguous = 0;                  // left on the server although they were to go
};

Pop3Plan plan_pop3(Pop3Maildrop maildrop, FetchJob& job);

}  // namespace mailpipe::app
