#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

// mail-serve index: looks after what IMAP keeps beside the messages of a user.
struct ManageIndexOptions {
    enum class Verb { check, rebuild };
    Verb verb = Verb::check;
    std::vector<std::string> maildirs;  // of users
    bool quiet = false;
};

// check writes a line for each thing that is wrong, and changes nothing but what every login does; rebuild throws away what is
// derived of the messages and makes it again, with the same UIDs. The exit status: 65 when something is wrong, 75 while a server
// has the mailboxes open.
MAILPIPE_EXPORT int run_manage_index(const ManageIndexOptions& options);

}  // namespace mailpipe::app
