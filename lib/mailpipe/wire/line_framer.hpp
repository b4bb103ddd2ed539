#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/wire/input_buffer.hpp"

namespace mailpipe::wire {

enum class LineEnd {
    crlf,        // only CRLF ends a line; a bare LF or CR inside is part of it
    crlf_or_lf,  // a client's leniency towards servers (docs/leniency.md: reply-line-lf)
};

// Takes one line at a time off an InputBuffer. Scanning resumes where it stopped, so that a line that comes
// octet by octet costs linear time.
class LineFramer {
 public:
    // `limit_name` is how the error spells the limit, e.g. "kReplyLine".
    LineFramer(LineEnd line_end, std::size_t limit, std::string_view limit_name);

    void set_limit(std::size_t limit, std::string_view limit_name);

    // The next line without its end, consumed from the buffer; the view lives until the next append() to the
    // buffer. nullopt: more input is needed. Error limit: the line exceeds it; the buffer is unchanged.
    Result<std::optional<std::string_view>> next(InputBuffer& input);

 private:
    LineEnd line_end_;
    std::size_t limit_;
    std::string_view limit_name_;
    std::size_t scanned_ = 0;
};

}  // namespace mailpipe::wire
