#pragma once

#include <string>
#include <vector>

#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::store {

// All messages of an mbox, ascending; the caller holds a lock. Errors: io; data for what is no mbox.
Result<std::vector<Entry>> scan_mbox(int fd, const std::string& path);

}  // namespace mailpipe::store
