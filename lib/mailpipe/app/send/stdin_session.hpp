#pragma once

#include "mailpipe/app/send/send.hpp"

namespace mailpipe::app {

// sendmail -bs: an SMTP server session on stdin and stdout, whose messages go where `options` say. A message is answered
// when the servers have answered for all its recipients; when one of them refuses, the reply says for whom. The exit
// status.
int run_stdin_session(const SendOptions& options);

}  // namespace mailpipe::app
