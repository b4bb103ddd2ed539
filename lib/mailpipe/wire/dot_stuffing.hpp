#pragma once

#include <string>
#include <string_view>

#include "mailpipe/wire/input_buffer.hpp"

// The multi-line data of POP3 (RFC 1939 section 3) and the mail data of SMTP (RFC 5321 section 4.5.2).
namespace mailpipe::wire {

// Removes the transparency dots and finds the end, which is CRLF "." CRLF and nothing else (SMTP smuggling:
// a bare LF or CR never counts as a line end). Yields the data with its CRLFs in pieces of any size.
class DotDecoder {
 public:
    enum class Status { need_input, data, end };
    struct Step {
        Status status;
        std::string_view data;  // into the buffer, valid until its next append()
    };
    // After `end` the decoder is ready for the next body; the buffer stands behind the final CRLF.
    Step next(InputBuffer& input);

 private:
    bool at_line_start_ = true;
};

// Adds the transparency dots to CRLF text given in pieces of any size.
class DotEncoder {
 public:
    void append(std::string_view text, std::string& out);
    // Ends the last line when it has no CRLF, then writes the final dot. Ready for the next body afterwards.
    void finish(std::string& out);

 private:
    enum class State { line_start, in_line, after_cr };
    State state_ = State::line_start;
};

}  // namespace mailpipe::wire
