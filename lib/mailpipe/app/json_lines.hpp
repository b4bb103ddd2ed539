#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// Lines that are each held whole, of at most limits::kEmailObject octets; empty ones are passed over.
class JsonLines {
 public:
    // `fd` is not owned.
    explicit JsonLines(int fd) : source_(fd) {}

    // nullptr at the end; the line is valid until the next call. Errors: those of InputSource; data for a line that is too
    // long, behind which the next call goes on.
    Result<const std::string*> next();
    std::size_t number() const { return number_; }  // of the last line, from 1

 private:
    Result<bool> read_line();

    InputSource source_;
    std::string line_;
    std::size_t number_ = 0;
};

}  // namespace mailpipe::app
