#pragma once

#include <optional>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

// Replies as a client reads them, line by line. Internal to smtp/.
namespace mailpipe::smtp {

class ReplyParser {
 public:
    // Takes a framed line; the reply when the line ends it. Errors: protocol for a line without a code, a code
    // that changes within a reply, or one that SMTP does not have; limit for kReplyLines.
    Result<std::optional<Reply>> add(std::string_view line);

 private:
    std::optional<Reply> partial_;
};

// Moves an enhanced status code (RFC 2034 section 4) of the code's class from the lines to `enhanced`. Not for
// the greeting and EHLO, whose text may begin with anything.
void extract_enhanced(Reply& reply);

}  // namespace mailpipe::smtp
