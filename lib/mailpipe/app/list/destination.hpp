#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

// Where messages are copied to, octet for octet, with their keywords as far as they can be kept and their time
// of arrival.
class Destination {
 public:
    virtual ~Destination() = default;

    // Errors of all but finish(): those of the store or the connection; the destination takes no more then.
    virtual Result<void> begin(const email::Context& message) = 0;
    virtual Result<void> append(std::string_view crlf_text) = 0;
    // false: this message was refused, which is reported; others may be taken.
    virtual Result<bool> finish() = 0;
    virtual void abandon() = 0;
    // Makes safe what was finished since the last call; what each is called there, in order, and the keywords
    // that were kept.
    virtual Result<std::vector<email::Context>> commit() = 0;
};

// Maildir and mbox are made when missing, a mailbox on a server is not. Errors: those of the store, of the
// connection and the login.
Result<std::unique_ptr<Destination>> open_destination(const Location& location, Listing& listing);
Result<std::unique_ptr<Destination>> open_store_destination(const Location& location);
Result<std::unique_ptr<Destination>> open_imap_destination(const Location& location, Listing& listing);

}  // namespace mailpipe::app
