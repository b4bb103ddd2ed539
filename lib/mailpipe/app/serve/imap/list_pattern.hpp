#pragma once

#include <string_view>

namespace mailpipe::app::serve {

// Whether a mailbox name matches a pattern of LIST (RFC 9051 section 6.3.9): "*" stands for anything, "%" for anything within
// a level; INBOX as the first level in any case. Time is that of the lengths multiplied, whatever the pattern: a row
// of "*" must not make the server busy for hours.
bool matches_list_pattern(std::string_view pattern, std::string_view name);

}  // namespace mailpipe::app::serve
