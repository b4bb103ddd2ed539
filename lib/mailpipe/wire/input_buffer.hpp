#pragma once

#include <string>
#include <string_view>

namespace mailpipe::wire {

// Octets received and not yet consumed. Memory grows with what was received only. What is consumed is overwritten, by
// the next append() or at the end: a client's password passes through here.
class InputBuffer {
 public:
    InputBuffer() = default;
    ~InputBuffer() { clear(); }
    // What is moved from is empty, of short texts too.
    InputBuffer(InputBuffer&& other) noexcept : octets_(other.octets_), start_(other.start_), eof_(other.eof_) {
        other.clear();
    }
    InputBuffer& operator=(InputBuffer&&) = delete;

    void append(std::string_view octets);
    void set_eof() { eof_ = true; }

    std::string_view view() const { return std::string_view(octets_).substr(start_); }
    bool empty() const { return start_ == octets_.size(); }
    bool eof() const { return eof_; }

    // Views returned earlier stay valid until the next append().
    void consume(std::size_t count) { start_ += count; }
    void clear();

 private:
    std::string octets_;
    std::size_t start_ = 0;
    bool eof_ = false;
};

}  // namespace mailpipe::wire
