#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/serve/imap/rights.hpp"
#include "mailpipe/index/mailbox.hpp"

namespace mailpipe::app::serve {

// Flags as a client writes them. \Recent and what is no flag of the standard are left out: they cannot be stored.
index::FlagSet make_flag_set(const std::vector<std::string>& flags);
// What of them `rights` allow (RFC 4314 section 4): others are ignored.
std::uint8_t allowed_system_flags(const Rights& rights);
index::FlagSet allowed_flags(index::FlagSet flags, const Rights& rights);
bool is_empty(const index::FlagSet& flags);

}  // namespace mailpipe::app::serve
