#pragma once

#include <string>

#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

// mail-serve users: changes the file of --users.
struct ManageUsersOptions {
    enum class Verb { add, passwd, remove, list };
    Verb verb = Verb::list;
    std::string file;
    std::string name;   // not for list
    bool scram = true;  // keys beside the hash
    bool quiet = false;
};

// Takes the password from the terminal, without echo and twice, or the first line of stdin. The file is locked meanwhile,
// replaced atomically and durably, and keeps its owner and mode; add makes it, for its owner only, where there is none.
// Lines of others, comments too, stay as they are. The exit status: 67 for a user who is not there, 73 for one who is.
MAILPIPE_EXPORT int run_manage_users(const ManageUsersOptions& options);

}  // namespace mailpipe::app
