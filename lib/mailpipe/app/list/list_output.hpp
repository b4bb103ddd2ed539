#pragma once

#include <cstddef>
#include <memory>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/options.hpp"
#include "mailpipe/app/progress.hpp"

namespace mailpipe::app {

// Writes what is listed to stdout, flushed line by line.
class ListOutput {
 public:
    explicit ListOutput(const CommonOptions& options);

    // Errors: io; after it nothing more can be written. temporary when a signal asks to stop.
    Result<void> write(const Candidate& candidate);
    // Whether a write failed: the other sources need not be tried.
    bool failed() const { return failed_; }
    Progress& progress() { return progress_; }

 private:
    Result<void> write_line(std::string line);

    Progress progress_;
    bool table_ = false;
    bool color_ = false;
    bool heading_due_ = false;
    std::size_t width_ = 80;
    bool failed_ = false;
};

}  // namespace mailpipe::app
