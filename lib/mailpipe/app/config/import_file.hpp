#pragma once

#include <string>

#include "mailpipe/app/config/dialect.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app::config {

// Writes to stdout the config.toml that says what the file says; "" or "-": stdin. What was read, which may hold
// passwords, is wiped. Errors: not_found, io, limit.
Result<void> import_file(Dialect dialect, const std::string& path);

}  // namespace mailpipe::app::config
