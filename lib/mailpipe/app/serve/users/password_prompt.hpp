#pragma once

#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe::app::serve {

// From a terminal on stdin: asked for twice on stderr, not echoed. From anything else: the first line. Errors: data for an
// empty password, one with a NUL, and two that differ; io; limit.
Result<Secret> ask_new_password(const std::string& user);

}  // namespace mailpipe::app::serve
