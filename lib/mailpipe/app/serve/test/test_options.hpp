#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailpipe::app {

namespace serve {
class TestMode;
}

// What makes mail-serve a server for tests. Each of them does without the others.
struct ServeTestOptions {
    bool enabled = false;    // --test: a store of its own, every recipient and login, sockets on free ports
    std::string ports_file;  // written when ready, gone at the end; empty: none
    std::vector<std::string> exit_after;  // "3-messages", "30s", "idle:5s"; the first that comes true ends it
    std::vector<std::string> without;     // capabilities, with commas between them
    std::vector<std::string> faults;      // mail-faults(5)
    std::string faults_file;
    std::optional<std::uint64_t> fault_seed;  // none: one by chance
    std::string replay;                       // dialogues that are played instead of serving mail
    std::string record;                       // dialogues go to this file

    // run_serve() makes these.
    std::shared_ptr<serve::TestMode> mode;
    std::string directory;  // of --test, temporary
};

}  // namespace mailpipe::app
