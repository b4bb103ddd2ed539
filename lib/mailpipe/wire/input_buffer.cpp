#include "mailpipe/wire/input_buffer.hpp"

namespace mailpipe::wire {

void InputBuffer::append(std::string_view octets) {
    if (start_ == octets_.size()) {
        octets_.clear();
        start_ = 0;
    } else if (start_ > octets_.size() / 2) {
        octets_.erase(0, start_);
        start_ = 0;
    }
    octets_ += octets;
}

void InputBuffer::clear() {
    octets_.clear();
    start_ = 0;
}

}  // namespace mailpipe::wire
