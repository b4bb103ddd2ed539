#include "mailpipe/app/header_hold.hpp"

#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {

void HeaderHold::append(std::string_view crlf_text) {
    if (complete_) return;
    const std::size_t searched = text_.size() < 3 ? 0 : text_.size() - 3;
    text_ += crlf_text;
    const std::size_t end = text_.starts_with("\r\n") ? 0 : text_.find("\r\n\r\n", searched);
    if (end != std::string::npos) {
        text_.resize(end == 0 ? 2 : end + 4);
        complete_ = true;
    }
    if (text_.size() > limits::kHeaderSize) {
        text_.resize(limits::kHeaderSize);
        complete_ = truncated_ = true;
    }
}

void HeaderHold::clear() {
    text_.clear();
    complete_ = truncated_ = false;
}

}  // namespace mailpipe::app
