#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// One message that must be read before it can be sent. Up to 1 MiB stays in memory; more goes to a file without
// a name in $TMPDIR, which no crash leaves behind.
class MessageSpool {
 public:
    MessageSpool() = default;
    ~MessageSpool();
    MessageSpool(const MessageSpool&) = delete;
    MessageSpool& operator=(const MessageSpool&) = delete;

    // Errors: cannot_create, io.
    Result<void> append(std::string_view octets);
    std::uint64_t size() const { return written_ + held_.size(); }
    // At most 64 KiB from `offset` on, which must be below size(); valid until the next call. Error io.
    Result<std::string_view> read(std::uint64_t offset);
    void clear();

 private:
    Result<void> flush();

    std::string held_;  // what is not in the file, behind it
    std::string piece_;
    std::uint64_t written_ = 0;
    int file_ = -1;
};

}  // namespace mailpipe::app
