#pragma once

#include <cstdint>
#include <string_view>

namespace mailpipe::pop3 {

// Cuts CRLF text, given in pieces of any size, behind the header, the empty line and `lines` lines of the body
// (TOP, RFC 1939 section 7).
class TopCutter {
 public:
    TopCutter() = default;
    explicit TopCutter(std::uint32_t lines) : lines_(lines) {}

    // What of `text` belongs to the answer; empty once done().
    std::string_view take(std::string_view text);
    bool done() const { return done_; }

 private:
    std::uint32_t lines_ = 0;
    bool in_header_ = true;
    bool line_is_empty_ = true;  // so far, CR not counted
    bool after_cr_ = false;
    bool done_ = false;
};

}  // namespace mailpipe::pop3
