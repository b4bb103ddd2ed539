#pragma once

#include <optional>
#include <string>

#include "mailpipe/app/fetch/key_table.hpp"
#include "mailpipe/app/fetch/state.hpp"

namespace mailpipe::app {

struct RemovedHere {
    KeyTable keys{};
    std::optional<std::string> maildirs{};  // stamp_maildir() of those that were looked at, before that
};

// The keys of the messages that were delivered into a Maildir and are not there any more: their user has removed
// them, or moved them elsewhere. Each has the value 1; one with the value 0 is there. What was delivered to
// anything but a Maildir counts as there, since only a Maildir gives a message a lasting name.
//
// Errors: data when a Maildir that got several messages has none of them and `even_all` is not set: a disk that
// is not mounted, or another directory, must not empty the mailbox; those of the store.
Result<RemovedHere> removed_here(const FetchState& state, bool even_all);

}  // namespace mailpipe::app
