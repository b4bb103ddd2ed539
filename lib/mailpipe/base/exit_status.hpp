#pragma once

#include "mailpipe/base/error.hpp"

namespace mailpipe {

// The sysexits(3) value for a kind of error: usage 64, data 65, not_found 66, no_user 67, no_host 68,
// unavailable, permanent, unsupported 69, cannot_create 73, io 74, temporary 75, protocol, limit, tls 76,
// auth 77, config 78. A bug (an uncaught exception) is 70.
MAILPIPE_EXPORT int exit_status(Errc kind);

// Of two exit statuses the one that a command with several sources or messages ends with: the first of
// 70, 74, 73, 78, 77, 76, 69, 68, 67, 66, 65, 64, 75, 0.
MAILPIPE_EXPORT int worse_exit_status(int a, int b);

}  // namespace mailpipe
