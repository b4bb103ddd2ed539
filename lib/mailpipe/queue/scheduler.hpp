#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mailpipe/queue/entry.hpp"

namespace mailpipe::queue {

// Which message is next. Higher priorities come first; among those of one priority each group of recipients has its
// turn, so that a million messages for one domain delay nobody else; within a group those come first that arrived first.
// Holds 16 octets a message. Times are seconds since 1970.
class Scheduler {
 public:
    // To be had from next() from `when` on. The same entry may be there twice.
    void add(const Entry& entry, std::uint32_t when);
    // The next that is due, of a group that `may` be taken from; it is not there any more then.
    std::optional<Entry> next(std::uint32_t now, const std::function<bool(std::uint32_t group)>& may);
    // When something that is not due at `now` will be.
    std::optional<std::uint32_t> next_due(std::uint32_t now);
    std::size_t size() const { return size_; }
    void clear();

 private:
    struct Slot {
        Id id;
        std::uint32_t due;  // of the entry
        std::uint32_t when;
    };
    // The messages of one priority and group.
    using Key = std::pair<std::int8_t, std::uint32_t>;
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return static_cast<std::size_t>(key.second) * 32 + static_cast<std::size_t>(key.first + 9);
        }
    };
    struct Lane {
        std::vector<Slot> waiting;  // a heap, the earliest first
        std::vector<Slot> ready;    // a heap, the first that arrived first
    };

    void make_ready(std::uint32_t now);

    std::unordered_map<Key, Lane, KeyHash> lanes_;
    std::set<std::pair<std::uint32_t, Key>> waiting_;                         // when the first of a lane is due
    std::map<std::int8_t, std::deque<std::uint32_t>, std::greater<>> turns_;  // lanes with something ready
    std::size_t size_ = 0;
};

}  // namespace mailpipe::queue
