#pragma once

#include <cstddef>
#include <string>

#include "mailpipe/base/error.hpp"

// Files that nobody else may have a hand in. What is no regular file, such as the pipe /dev/fd/63 that a shell
// made, is not judged by its mode.
namespace mailpipe::app {

// fail_errno() as an error of kind config.
Fail config_errno(int number, const std::string& what);

// Reads to the end, but keeps at most `limit` + 1 octets. Copies made meanwhile are wiped; the text is the
// caller's to wipe.
Result<std::string> read_secret(int fd, std::size_t limit, const std::string& what);

// A file that nobody but its owner can read. Errors: config, with `what` in front.
Result<std::string> read_private_file(const std::string& path, std::size_t limit, const std::string& what);

// A file that only its owner can write, and only the owner and the group can read: a server may have to read it again
// as another user. Errors: the same.
Result<std::string> read_group_file(const std::string& path, std::size_t limit, const std::string& what);

// A file that belongs to this user or to root, and that nobody else can write: what it says is done. Errors:
// the same.
Result<std::string> read_trusted_file(const std::string& path, std::size_t limit, const std::string& what);

}  // namespace mailpipe::app
