#pragma once

#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/wire/input_buffer.hpp"

namespace mailpipe::app {

// A descriptor that is read in pieces of 64 KiB, and what was read and not yet consumed.
class InputSource {
 public:
    explicit InputSource(int fd) : fd_(fd) {}

    std::string_view view() const { return buffer_.view(); }
    void consume(std::size_t count) { buffer_.consume(count); }

    // Reads one piece more; false at the end. Views from before are invalid then. Errors: io; temporary when a
    // signal asks to stop.
    Result<bool> more();
    // Reads until `count` octets are there; false when the input ends before.
    Result<bool> ensure(std::size_t count);

 private:
    int fd_;
    bool eof_ = false;
    wire::InputBuffer buffer_;
};

}  // namespace mailpipe::app
