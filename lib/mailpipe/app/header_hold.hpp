#pragma once

#include <string>
#include <string_view>

namespace mailpipe::app {

// The header of a message that comes in pieces of any size.
class HeaderHold {
 public:
    void append(std::string_view crlf_text);
    // Whether all of it is there: the empty line that ends it has come, or limits::kHeaderSize octets. The end of
    // the message completes it, too.
    bool complete() const { return complete_; }
    bool truncated() const { return truncated_; }
    // With the empty line that ends it; its first limits::kHeaderSize octets.
    const std::string& text() const { return text_; }
    void clear();

 private:
    std::string text_;
    bool complete_ = false;
    bool truncated_ = false;
};

}  // namespace mailpipe::app
