#include "mailpipe/app/show/held_message.hpp"

#include <algorithm>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kEndOfHeader = "\r\n\r\n";
constexpr std::size_t kBegins = kEndOfHeader.size() - 1;
constexpr std::size_t kFirstFields = 64 * 1024;

// Text whose first line is no field is all body, and none of it may be lost.
bool has_header(std::string_view text) {
    return mime::parse_header(text.substr(0, kFirstFields)).size > 0;
}

}  // namespace

Result<void> HeldMessage::append(std::string_view crlf_text) {
    size_ += crlf_text.size();
    if (size_ > limits::kShownMessage) {
        return fail(Errc::limit, "the message is larger than kShownMessage (" +
                                     std::to_string(limits::kShownMessage) + " octets)");
    }
    switch (place_) {
        case Place::header:
            append_to_header(crlf_text);
            break;
        case Place::beyond:
            pass_over(crlf_text);
            break;
        case Place::body:
            text_ += crlf_text;
            break;
    }
    return {};
}

void HeldMessage::append_to_header(std::string_view crlf_text) {
    const std::size_t from = text_.size() - std::min(text_.size(), kBegins);
    text_ += crlf_text;
    if (text_.starts_with("\r\n") || text_.find(kEndOfHeader, from) != std::string::npos) {
        place_ = Place::body;
    } else if (text_.size() > limits::kHeaderSize) {
        place_ = has_header(text_) ? Place::beyond : Place::body;
        // What may begin the end of the header is not kept before it is known to.
        while (place_ == Place::beyond && last_.size() < kBegins &&
               (text_.back() == '\r' || text_.back() == '\n')) {
            last_.insert(0, 1, text_.back());
            text_.pop_back();
        }
    }
}

void HeldMessage::pass_over(std::string_view crlf_text) {
    last_ += crlf_text;
    const std::size_t end = last_.find(kEndOfHeader);
    if (end == std::string::npos) {
        last_.erase(0, last_.size() - std::min(last_.size(), kBegins));
        return;
    }
    text_ += last_.substr(end);
    last_.clear();
    place_ = Place::body;
}

}  // namespace mailpipe::app
