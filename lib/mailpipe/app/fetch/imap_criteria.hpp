#pragma once

#include <ctime>
#include <string>

#include "mailpipe/app/fetch/selection.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// The selection as SEARCH criteria (RFC 3501 section 6.4.4; YOUNGER of RFC 5032 when the server has WITHIN, else
// SINCE the day before, as the server's day may be another one). "ALL" when nothing is left out. Errors: usage for
// a search that cannot be parsed.
Result<std::string> imap_criteria(const Selection& selection, bool has_within, std::time_t now);

}  // namespace mailpipe::app
