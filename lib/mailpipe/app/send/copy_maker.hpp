#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/send/sent_copies.hpp"

namespace mailpipe::app {

// What became of the copy of a message.
struct CopyOutcome {
    std::string location;
    std::optional<Error> error;  // it was not made, and whether --retry-fcc can
};

// --fcc. Used by several threads.
class CopyMaker {
 public:
    // Errors: those of parse_location() and open_sent_copies().
    static Result<std::unique_ptr<CopyMaker>> open(const std::string& location, config::Accounts& accounts,
                                                   Trace* trace, Diagnostics& diagnostics);
    // Of a message that a server has taken, with its Bcc; `text` is read from its beginning. One that fails is kept for
    // --retry-fcc.
    CopyOutcome make(OutgoingText& text);

 private:
    CopyMaker(Location location, std::unique_ptr<SentCopies> copies)
        : location_(std::move(location)), copies_(std::move(copies)) {}

    Location location_;
    std::unique_ptr<SentCopies> copies_;
    std::mutex mutex_;
};

}  // namespace mailpipe::app
