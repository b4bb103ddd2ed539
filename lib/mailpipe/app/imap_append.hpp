#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/imap/client_session.hpp"

namespace mailpipe::app {

// What APPEND says of a message with these JMAP keywords that arrived then. Keywords that can be no flag are left out,
// and so is a date that IMAP cannot write.
imap::AppendItem append_item(const std::vector<std::string>& keywords, std::optional<std::int64_t> received_at,
                             std::uint64_t size);

}  // namespace mailpipe::app
