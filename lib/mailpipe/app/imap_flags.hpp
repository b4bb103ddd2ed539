#pragma once

#include <string>
#include <vector>

namespace mailpipe::app {

// Flags of an IMAP server as JMAP keywords (RFC 8621 section 4.1.1): system flags as "$name", all in lower
// case; \Recent is no keyword.
std::vector<std::string> keywords_of_flags(const std::vector<std::string>& flags);
// The other way.
std::vector<std::string> flags_of_keywords(const std::vector<std::string>& keywords);

}  // namespace mailpipe::app
