#pragma once

#include <memory>

#include "mailpipe/app/serve/delivery/spool.hpp"

namespace mailpipe::app::serve {

// What came with BODY=BINARYMIME as lines, which a Maildir and most servers want: body parts with a bare CR, a bare LF or a
// NUL become base64 (RFC 3030 section 3). Errors: data for a header like that, and a part of a multipart/signed; limit;
// those of OutgoingText and SpooledMessage. Reads and writes the message: not for the loop's thread.
Result<std::shared_ptr<SpooledMessage>> make_lines(const SpooledMessage& binary,
                                                   const std::string& spool_directory, SpoolBudget& budget);

}  // namespace mailpipe::app::serve
