#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// Mailbox names on the wire (RFC 3501 section 5.1.3).
namespace mailpipe {

// UTF-8 to modified UTF-7: printable ASCII only, so that no name can carry CR, LF or NUL into a command. Error
// usage when `name` is not UTF-8.
Result<std::string> encode_mailbox_name(std::string_view name);

// Modified UTF-7 to UTF-8. Error protocol for what encode_mailbox_name() would never write: octets outside of
// printable ASCII, bad base64, surrogates alone, encoded printable ASCII, adjoining or unfinished shifts.
Result<std::string> decode_mailbox_name(std::string_view name);

}  // namespace mailpipe
