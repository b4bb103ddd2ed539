#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"

// Landlock (landlock(7)): which files this process may still open.
namespace mailpipe::app::serve {

// Directories, with all below them, or files. What is not there is passed over.
struct Reach {
    std::vector<std::string> write;   // and read, make, rename, remove
    std::vector<std::string> read;    // and list
    std::vector<std::string> remove;  // directories of socket files that are unlinked at the end
};

// The version of Landlock here; 0: none that is of use. Version 1 is of none: it forbids any rename from one directory to
// another, which is how a message is published.
int landlock_version();

// Confines the calling thread and those that it starts, for good. It may gain no privileges by exec any more. Error io.
Result<void> confine_to(const Reach& reach);

}  // namespace mailpipe::app::serve
