#pragma once

#include <optional>

#include "mailpipe/app/list/list.hpp"
#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app {

// What is to become of the messages that are selected (--flag, --move, --copy, --delete).
struct Change {
    enum class Kind { flag, move, copy, remove };
    Kind kind{};
    store::FlagChange flags;  // flag
    Location destination;     // move, copy: a Maildir, an mbox, or a mailbox of an IMAP server

    // nullopt: nothing, they are listed. Errors: usage, not_found for a destination that is a bare path, config for
    // an account.
    static Result<std::optional<Change>> of(const ListOptions& options, config::Accounts& accounts);

    bool is_transfer() const { return kind == Kind::move || kind == Kind::copy; }
};

// A mailbox whose messages are changed: what a source selects in it is changed instead of listed. `change` and
// `listing`, whose output must be a ChangeOutput, must outlive it. Errors: as open_list_source(); unsupported,
// before anything is changed, for what the mailbox cannot do.
Result<std::unique_ptr<ListSource>> open_changing_source(const Location& location, Listing& listing);

}  // namespace mailpipe::app
