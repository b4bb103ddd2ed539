#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"
#include "mailpipe/index/mailbox.hpp"

namespace mailpipe::app::serve {

// What messages are sorted and threaded by never changes: it is kept, for the mailboxes that were sorted last, up to
// kMostOctets in all. From any thread.
class SortCache {
 public:
    static constexpr std::size_t kMostOctets = 64U << 20;

    // Of one mailbox and one sort program, or of its threads. Immutable.
    struct Entry {
        std::vector<index::Uid> uids;                        // ascending
        std::vector<std::uint32_t> ranks;                    // of each: its place in the order of all of them
        std::vector<std::vector<email::SortValue>> by_rank;  // what they are sorted by
        std::vector<email::ThreadFacts> threads;             // of each
        std::size_t octets() const;                          // of memory, about
    };
    using Pointer = std::shared_ptr<const Entry>;

    // `what` is the sort program as encode_sort() writes it, or "" for threads. nullptr: not known.
    Pointer find(const index::Mailbox& mailbox, std::uint32_t uid_validity, const std::string& what);
    // One that is larger than all may be is not kept.
    void put(const index::Mailbox& mailbox, std::uint32_t uid_validity, const std::string& what, Pointer entry);

 private:
    struct Kept {
        std::string key;
        Pointer entry;
        std::size_t octets = 0;
    };
    static std::string key_of(const index::Mailbox& mailbox, std::uint32_t uid_validity,
                              const std::string& what);

    std::mutex mutex_;
    std::list<Kept> kept_;  // what was used last is in front
    std::size_t octets_ = 0;
};

}  // namespace mailpipe::app::serve
