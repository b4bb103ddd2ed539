#pragma once

#include <vector>

#include "mailpipe/base/error.hpp"

// libmailpipe loads the libraries of lib/late/ when one of their functions is first called. A program that links the
// modules themselves, as the unit tests do, has them from its start.
namespace mailpipe {

// Loads them all now, but those whose SONAMEs begin with one of `but`: for a process that is about to lose the right to open their
// files.
// Errc::config: one is missing; the message names it.
Result<void> load_late_libraries(std::vector<const char*> but = {});

}  // namespace mailpipe
