#pragma once

#include <memory>
#include <string_view>

#include "mailpipe/app/options.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

// Writes messages to a file descriptor in one of the three formats of mail-json(5). rfc822 and mboxrd are
// written with LF, `raw` of jsonl is base64 of the CRLF text; it is the last key and streams, after the
// envelope of the header (at most limits::kHeaderSize of it is held).
class MessageOutput {
 public:
    // `fd` is not owned.
    static std::unique_ptr<MessageOutput> make(MessageFormat format, int fd);
    virtual ~MessageOutput() = default;

    // Error data for a second message in rfc822.
    virtual Result<void> begin(const email::Context& context) = 0;
    virtual Result<void> append(std::string_view crlf_text) = 0;
    // The message has reached the descriptor when this succeeds. Error io, also for EPIPE.
    virtual Result<void> finish() = 0;
};

// How an error io ends when the reader of a pipe has gone: Diagnostics says nothing about it, as a command that
// dies of SIGPIPE would not.
inline constexpr std::string_view kPipeClosed = "the reader of the pipe has gone";

// Writes all of it, through short writes, EINTR and a descriptor that is not blocking. Error io names `what`.
Result<void> write_all(int fd, std::string_view octets, std::string_view what);

}  // namespace mailpipe::app
