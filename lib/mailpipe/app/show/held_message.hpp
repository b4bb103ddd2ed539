#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// A message as the views take it, from the pieces in which it comes: whole, but for what its header has beyond
// limits::kHeaderSize, which the parser would not look at.
class HeldMessage {
 public:
    // CRLF text. Error limit: larger than kShownMessage.
    Result<void> append(std::string_view crlf_text);
    const std::string& text() const { return text_; }
    std::uint64_t size() const { return size_; }  // of all that came

 private:
    enum class Place { header, beyond, body };

    void append_to_header(std::string_view crlf_text);
    void pass_over(std::string_view crlf_text);

    Place place_ = Place::header;
    std::string text_;
    std::string last_;  // octets that were passed over, as many as may begin the end of the header
    std::uint64_t size_ = 0;
};

}  // namespace mailpipe::app
