#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "mailpipe/app/options.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/base/trace.hpp"

namespace mailpipe::app {

// What people read: one line an error on stderr, and the exit status that all errors of a run add up to.
// The message of an error whose causes were printed where they were found, since they are many.
inline constexpr std::string_view kReported = "it was reported";

class Diagnostics {
 public:
    explicit Diagnostics(std::string program, bool quiet = false)
        : program_(std::move(program)), quiet_(quiet) {}
    // --quiet, and --color: the name of the program in an error is red on a terminal, or always.
    Diagnostics(std::string program, const CommonOptions& options);

    // "mail-fetch: imaps://imap.example.org: LOGIN refused: ...", with the server's reply where the message
    // does not hold it. One write, cut at limits::kDiagnosticLine; no control character and no password of a
    // URL in `where` gets through. `where` may be empty. Nothing is printed for kReported and for
    // message_output.hpp's kPipeClosed.
    void error(std::string_view where, const Error& error);
    // The same without an effect on the exit status; nothing when quiet.
    void note(std::string_view where, std::string_view text);

    // The line of `progress` is wiped before anything is printed. It must outlive this or be taken back by
    // nullptr.
    void set_progress(Progress* progress) { progress_ = progress; }

    int exit_status() const {
        const std::lock_guard lock(mutex_);
        return exit_status_;
    }

 private:
    mutable std::mutex mutex_;
    std::string program_;
    bool quiet_;
    bool color_ = false;
    int exit_status_ = 0;
    Progress* progress_ = nullptr;
};

// The dialogue on stderr as "C: ..." and "S: ..." lines (--trace).
class StderrTrace : public Trace {
 public:
    void client_line(std::string_view line) override;
    void server_line(std::string_view line) override;
};

}  // namespace mailpipe::app
