#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::store {

struct MaildirFolder {
    std::string path;
    // Below the root, as the file system spells it; empty for the root itself.
    std::vector<std::string> levels;
};

// A Maildir and the folders of Maildir++ in it (directories ".A.B" with a cur/, of which "A" and "B" are the
// levels); with `nested` also the Maildirs in plain directories below, whether or not the root is one. Sorted
// by their levels. A symbolic link may be a folder, but no plain directory is looked for behind one, so that a
// loop ends. Errors: not_found, io; limit for directories nested deeper than kDirectoryNesting.
Result<std::vector<MaildirFolder>> find_maildirs(const std::string& root, bool nested);

}  // namespace mailpipe::store
