#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/app/serve/serve.hpp"
#include "mailpipe/app/serve/test/exit_watch.hpp"
#include "mailpipe/app/serve/test/ports_file.hpp"

namespace mailpipe::app::serve {

// What ServeTestOptions make of a server. Outlives everything else of it.
class TestMode {
 public:
    // Sets options.test.mode, unless nothing of it is wanted. With --test, fills in what is not given of `options`: a store in a directory of
    // its own, all sockets on free ports of 127.0.0.1, a self-signed certificate, events on stdout. Errors: usage,
    // cannot_create.
    static Result<void> prepare(ServeOptions& options);
    ~TestMode();  // removes that directory and the ports file
    TestMode(const TestMode&) = delete;
    TestMode& operator=(const TestMode&) = delete;

    // Every event of the server comes here first, those of the sockets from one thread.
    void observe(const Json& event, const Config& config);
    // A connection is open as long as the token lives, no longer than this.
    std::shared_ptr<void> enter();

 private:
    explicit TestMode(const ServeTestOptions& options) : options_(options) {}
    void ready(const Config& config);

    ServeTestOptions options_;
    std::string directory_;  // temporary; empty: none
    PortsFile::Lines ports_;
    bool wrote_ports_ = false;
    std::unique_ptr<ExitWatch> exit_;
};

}  // namespace mailpipe::app::serve
