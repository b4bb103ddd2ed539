#include "mailpipe/wire/input_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "mailpipe/base/secret.hpp"

namespace mailpipe::wire {
namespace {

constexpr std::size_t kKeptCapacity = 4096;

}  // namespace

void InputBuffer::append(std::string_view octets) {
    if (start_ == octets_.size()) {
        clear();
    } else if (start_ > octets_.size() / 2) {
        const std::size_t left = octets_.size() - start_;
        std::memmove(octets_.data(), octets_.data() + start_, left);
        wipe(octets_.data() + left, start_);
        octets_.resize(left);
        start_ = 0;
    }
    if (octets_.size() + octets.size() > octets_.capacity()) {
        std::string grown;
        grown.reserve(std::max(2 * octets_.capacity(), octets_.size() + octets.size()));
        grown = octets_;
        octets_.swap(grown);
        wipe(grown);
    }
    octets_ += octets;
}

void InputBuffer::clear() {
    wipe(octets_);
    start_ = 0;
    // Thousands of sessions that wait for a line must not each hold what the last large read took.
    if (octets_.capacity() > kKeptCapacity) std::string().swap(octets_);
}

}  // namespace mailpipe::wire
