#pragma once

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// SIGINT and SIGTERM ask a command to end between two messages; a second one ends it at once. SIGPIPE is
// ignored, a write then fails with EPIPE. The flags behind it are the only mutable globals of the library: a signal
// handler can reach nothing else.
void install_stop_handlers();
// SIGINT, however often, asks only: for as long as another program shares the terminal.
void install_patient_stop_handler();
// SIGHUP asks to read the configuration again.
void install_reload_handler();
bool reload_requested();
void clear_reload_request();
bool stop_requested();
void request_stop();  // as SIGTERM would
int stop_signal();    // 0 when none came
Error stopped_by_signal();

}  // namespace mailpipe::app
