#pragma once

#include <functional>
#include <string_view>

#include "mailpipe/app/location.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// Reads refs from a file descriptor, one a line: a JSON object with "ref", or the ref itself. Empty lines are
// passed over. `use` gets each ref, or the error of its line (data with the line number; usage for a URL that
// names no message). Error io.
Result<void> read_refs(int fd, const std::function<void(Result<Location>)>& use);

}  // namespace mailpipe::app
