#pragma once

#include <string>

#include "mailpipe/app/serve/sandbox/landlock.hpp"
#include "mailpipe/app/serve/sandbox/sandbox_options.hpp"
#include "mailpipe/app/serve/serve.hpp"

namespace mailpipe::app::serve {

// What became of it, for the event.
struct Sandboxed {
    bool seccomp = false;
    int landlock = 0;     // its version
    std::string missing;  // why it is not all of it; empty: it is
};

// Gives up, for good, what a server that listens does not need: capabilities, core dumps and being debugged, files but
// those of reach_of(), and system calls but those of the list in mail-serve(1). To be called while there is one thread:
// Landlock confines only the one that calls. Commands (a password command of the relay, for one) would be confined, too:
// who is told to run any is not sandboxed. Errors: unsupported with SandboxMode::require; io.
Result<Sandboxed> enter_sandbox(const ServeOptions& options, const std::string& store_root);

// Which option makes the server run commands; empty: none.
std::string runs_commands(const ServeOptions& options);
// Files as the options name them, and the aliases what they include. What a reload reads may be replaced by a rename: the
// directories are meant.
Reach reach_of(const ServeOptions& options, const std::string& store_root);

}  // namespace mailpipe::app::serve
