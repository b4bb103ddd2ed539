#pragma once

#include <memory>
#include <string>

#include "mailpipe/index/database.hpp"

namespace mailpipe::index {

inline constexpr std::int64_t kSchema = 1;  // user_version

// The key of what is kept of a message: the mailbox's number, then the UID, so that those of a mailbox are one range.
inline std::int64_t key_of(std::int64_t mailbox, std::uint32_t uid) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(mailbox) << 32 | uid);
}

// The index at `path`, made where it is missing or of another schema. One that is broken, or cannot be read as an index,
// is set aside (PATH.broken, in the place of an earlier one) and made anew. Errors: io, cannot_create.
struct OpenedIndex {
    std::unique_ptr<Database> database;
    bool fresh = false;
};
Result<OpenedIndex> open_index(const std::string& path);

// So that the next to open it makes it anew: what was read from it could not be.
void condemn_index(const std::string& path);

}  // namespace mailpipe::index
