#pragma once

#include <string>
#include <vector>

#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app {

// Words such as "+Seen -Flagged" (several in one are separated by white space): flags to set and to clear, as
// keywords in lower case (RFC 8621 section 4.1.1). A system flag may be written "Seen", "\Seen" or "$seen";
// "Forwarded" is $forwarded. Error usage: no sign, a flag that no client may set (\Recent), or characters that
// a keyword cannot have.
Result<store::FlagChange> parse_flag_change(const std::vector<std::string>& words);

}  // namespace mailpipe::app
