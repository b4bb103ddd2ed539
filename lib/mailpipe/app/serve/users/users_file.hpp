#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {

// Its lines, without line ends. Errors: as of read_group_file(), not_found.
Result<std::vector<std::string>> read_user_lines(const std::string& path);

// The file of users while it is changed: nobody else's change comes between.
class LockedUsersFile {
 public:
    // Follows a link, so that the file behind it is the one that is replaced. Errors: not_found; cannot_create; temporary
    // when another holds the lock for 5 s; those of read_user_lines().
    static Result<LockedUsersFile> open(const std::string& path, bool create);

    std::vector<std::string>& lines() { return lines_; }
    // Puts a file with the lines in its place, with the same owner and mode, durably. Error io.
    Result<void> replace();

 private:
    LockedUsersFile(std::string path, store::Fd lock, std::vector<std::string> lines)
        : path_(std::move(path)), lock_(std::move(lock)), lines_(std::move(lines)) {}

    std::string path_;
    store::Fd lock_;  // the file itself
    std::vector<std::string> lines_;
};

}  // namespace mailpipe::app::serve
