#pragma once

#include <memory>
#include <string_view>

#include "mailpipe/email/email.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app {

// Reads messages and refs from a file descriptor in any of the three formats of mail-json(5), told apart by the
// first octets: "From " is mboxrd, "{" is jsonl, anything else one rfc822 message. Line ends LF or CRLF; text
// comes out as CRLF, that of `raw` exactly as it is. Bodies stream: memory does not grow with a message, `raw`
// of jsonl included. A `raw` that is not the last key is held, up to limits::kJsonRawHeld. mboxrd is read
// as store/mbox_format.hpp says.
class MessageInput : public store::MessageReader {
 public:
    // `fd` is not owned. Reads nothing before the first next().
    static std::unique_ptr<MessageInput> make(int fd);

    // Goes to the next message or ref, dropping what is left of the current one; false at the end of the input
    // (empty input has no message). Errors: io; data with the line number for a record that is not JSON, or not
    // a message (the next call goes on behind it); temporary when a signal asks to stop. read() has the same
    // errors.
    virtual Result<bool> next() = 0;
    // What the record said beside the octets: ref, keywords, receivedAt, ...
    virtual const email::Context& context() const = 0;
    // A jsonl record without `raw`: context().ref names the message, read() yields nothing.
    virtual bool is_ref() const = 0;
    // No other message follows this one, whatever is still to be read.
    virtual bool is_last() const { return false; }
};

}  // namespace mailpipe::app
