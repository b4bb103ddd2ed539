#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"

// --run-as: what needs root is done first (ports below 1024, the TLS key, the file of users), then the process
// becomes another user for good.
namespace mailpipe::app::serve {

struct RunAs {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    bool changes = false;  // false: the process is that user already
};

// Errors: usage for a name that is no user, or a user who is root; auth when the process may not become him.
Result<RunAs> find_run_as(const std::string& name);

// Those of `path` and the directories above it that do not exist, outermost first.
std::vector<std::string> missing_directories(const std::string& path);
// Hands over directories that this process has just made. Errors: cannot_create.
Result<void> give_directories(const std::vector<std::string>& paths, const RunAs& user);

// Groups, group and user of all threads, for good. Error auth; the process must end then.
Result<void> drop_privileges(const RunAs& user);

}  // namespace mailpipe::app::serve
