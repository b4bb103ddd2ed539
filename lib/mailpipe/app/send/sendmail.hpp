#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

// Runs sendmail's interface, as `program` ("sendmail", "mailq" or "newaliases") with `arguments`; the exit status. The
// [send] section of the user's config.toml, else of /etc/mailpipe/config.toml, says which server the mail goes to.
MAILPIPE_EXPORT int run_sendmail(const std::string& program, const std::vector<std::string>& arguments);

// Whether a command that is called so has sendmail's interface.
MAILPIPE_EXPORT bool is_sendmail_name(const std::string& name);

}  // namespace mailpipe::app
