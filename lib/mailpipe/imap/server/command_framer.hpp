#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/wire/input_buffer.hpp"

// Splits what a client sends into lines and the octets of literals, before any grammar runs (RFC 9051 section 4.3).
namespace mailpipe::imap::server {

//   literal  = "{" number64 ["+"] "}" CRLF *CHAR8        ; "+": the octets follow unasked (RFC 7888)
//   literal8 = "~{" number64 ["+"] "}" CRLF *OCTET       ; RFC 3516
struct LiteralMarker {
    std::uint64_t size = 0;  // UINT64_MAX: beyond 63 bits
    bool synchronizing = true;
    bool binary = false;
    std::size_t length = 0;  // of the marker itself
};
// The marker at the end of a line, outside of a quoted string.
std::optional<LiteralMarker> literal_marker(std::string_view line);

// Which of both comes next is the caller's to say: what a literal is depends on the command.
class CommandFramer {
 public:
    explicit CommandFramer(std::size_t line_limit) : limit_(line_limit) {}

    void set_limit(std::size_t line_limit) { limit_ = line_limit; }

    enum class Status {
        need_input,
        line,
        // A line beyond the limit has ended. Its octets are gone, but for the first ones, where its tag is, and the
        // last, which tell whether a literal follows.
        too_long,
        bare_lf  // the line that is coming holds one; said once a line, so that a client without CRs learns of it
    };
    struct Step {
        Status status = Status::need_input;
        std::string_view line =
            {};  // without CRLF; too_long: its beginning. Valid until the buffer's next append()
        bool ends_in_literal = false;  // too_long: what follows cannot be told from a literal
    };
    Step next_line(wire::InputBuffer& input);
    // Octets that are there, at most `missing`; empty: none.
    std::string_view next_octets(wire::InputBuffer& input, std::uint64_t missing);

 private:
    std::size_t limit_;
    std::size_t scanned_ = 0;
    bool said_bare_lf_ = false;
    bool discarding_ = false;
    std::string head_;
    std::string tail_;
};

}  // namespace mailpipe::imap::server
