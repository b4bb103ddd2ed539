#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/base/trace.hpp"

namespace mailpipe::app {

// Where copies of messages that were sent go, marked as read: a Maildir or an mbox, made when missing, or a mailbox of an
// IMAP server.
class SentCopies {
 public:
    // CRLF text in pieces, empty at its end.
    using Read = std::function<Result<std::string_view>()>;

    virtual ~SentCopies() = default;
    // Durable when it returns. Errors: those of the store, the connection and the login, and of a refusal.
    virtual Result<void> add(const Read& read) = 0;
};

// Errors: usage for what no copy can go to; cannot_create, io of the store; config for a password that is missing. No
// server is asked. `trace` may be null; it and `diagnostics` outlive the copies.
Result<std::unique_ptr<SentCopies>> open_sent_copies(const Location& location, config::Accounts& accounts,
                                                     Trace* trace, Diagnostics& diagnostics);

// A copy that could not be made is kept in fcc/ of the state home: a file for each, whose first line is the location.
// Durable when it returns. Errors: config without a state home; cannot_create, io.
Result<void> keep_copy(const Location& location, const SentCopies::Read& read);

// mail-send --retry-fcc: makes the copies that were kept, and says how many. Those that fail again stay. A second run at
// the same time waits for the first. The exit status.
struct SendOptions;
int run_retry_fcc(const SendOptions& options);

}  // namespace mailpipe::app
