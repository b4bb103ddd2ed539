#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/app/show/layout.hpp"
#include "mailpipe/app/show/pager.hpp"
#include "mailpipe/app/show/show.hpp"

namespace mailpipe::app {

// stdout for people: how wide it is, whether coloured, and the pager in front of it, which starts with the first text.
class TextOutput {
 public:
    explicit TextOutput(const ShowOptions& options);

    const Look& look() const { return look_; }
    // Errors: io.
    Result<void> write(std::string_view text);
    // Waits until the user of the pager has read. Errors: config, no such pager.
    Result<void> finish();
    // The user of the pager did not want all of it, and left or pressed Ctrl-C: that the rest is missing is no error.
    bool pager_left() const;

 private:
    Look look_;
    std::string command_;  // of the pager that is to be started
    std::optional<Pager> pager_;
    bool pager_left_ = false;
};

}  // namespace mailpipe::app
