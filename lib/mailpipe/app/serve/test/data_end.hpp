#pragma once

#include <cstddef>
#include <string_view>

namespace mailpipe::app::serve {

// Finds the end of DATA: CRLF.CRLF, or .CRLF at the beginning (RFC 5321 section 4.1.1.4).
class DataEnd {
 public:
    // How many octets belong to the message, and whether its end is among them.
    std::size_t take(std::string_view octets) {
        std::size_t at = 0;
        while (at < octets.size() && state_ < kEnd.size()) {
            const char c = octets[at++];
            state_ = c == kEnd[state_] ? state_ + 1 : c == '\r' ? 1 : 0;
        }
        return at;
    }
    bool ended() const { return state_ == kEnd.size(); }
    void restart() { state_ = 2; }

 private:
    static constexpr std::string_view kEnd = "\r\n.\r\n";
    std::size_t state_ = 2;  // octets of kEnd that were seen
};

}  // namespace mailpipe::app::serve
