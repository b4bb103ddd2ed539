#include "mailpipe/pop3/top_cutter.hpp"

namespace mailpipe::pop3 {

std::string_view TopCutter::take(std::string_view text) {
    if (done_) return {};
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t line_feed = text.find('\n', at);
        const std::size_t end = line_feed == std::string_view::npos ? text.size() : line_feed;
        if (end > at) {
            // A CR that is followed by anything but LF is part of the line.
            if (after_cr_ || end - at > 1 || text[at] != '\r') line_is_empty_ = false;
            after_cr_ = text[end - 1] == '\r';
        }
        if (line_feed == std::string_view::npos) return text;
        at = line_feed + 1;
        if (!after_cr_) {
            line_is_empty_ = false;  // a bare LF ends no line
            continue;
        }
        const bool ends_header = in_header_ && line_is_empty_;
        if (!in_header_) --lines_;
        if (ends_header) in_header_ = false;
        line_is_empty_ = true;
        after_cr_ = false;
        if (!in_header_ && lines_ == 0) {
            done_ = true;
            return text.substr(0, at);
        }
    }
    return text;
}

}  // namespace mailpipe::pop3
