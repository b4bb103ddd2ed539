#pragma once

#include <string>

#include "mailpipe/base/error.hpp"

// Paths in config.toml. A cron job, a shell and a service have different working directories: what a file says
// cannot depend on it.
namespace mailpipe::app::config {

// "~/" is `home`, and so is what a relative path is relative to. Errors: usage, for "~user" and without a home.
Result<std::string> absolute_path(const std::string& path, const std::string& home);

// The same for the path in a location, which is percent-encoded behind "maildir:", "mbox:" and "lmtp:"; what has
// none stays as it is.
Result<std::string> absolute_location(const std::string& location, const std::string& home);

// The same for what stands behind the "->" of a rule of --route.
Result<std::string> absolute_rule(const std::string& rule, const std::string& home);

}  // namespace mailpipe::app::config
