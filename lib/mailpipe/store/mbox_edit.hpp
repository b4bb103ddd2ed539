#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::store {

// By what a message is known again: another program may have written the mbox anew since it was listed.
struct MboxMessageMark {
    std::uint64_t size = 0;  // CRLF octets
    std::time_t received_at = 0;

    bool operator==(const MboxMessageMark&) const = default;
};
// `entry` is of a list().
MboxMessageMark mark(const Entry& entry);

struct MboxTarget {
    std::uint64_t offset = 0;
    std::optional<MboxMessageMark> mark;  // nullopt: never seen, and so gone
};

// Changes the flags of messages, or removes them when `change` is nullptr, by a new file in place of the mbox,
// under its locks: at any instant the one or the other is there, whole. For each target what it is now (its
// size is not known), nullopt when it is gone; of a removed one the id is worth nothing. What a dead process
// left half published is completed first, and so is not lost. Errors: io, cannot_create, not_found; temporary
// for a lock that another program holds; limit for a header longer than kHeaderSize.
Result<std::vector<std::optional<Entry>>> edit_mbox(const std::string& path,
                                                    const std::vector<MboxTarget>& targets,
                                                    const FlagChange* change);

}  // namespace mailpipe::store
