#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailpipe::app::serve {

// What one side of IMAP says, taken apart into lines and the octets of literals (RFC 9051 section 4.3), in any pieces.
class ImapSegments {
 public:
    struct Segment {
        std::string octets;  // a line with its CRLF, or octets of a literal
        bool is_literal = false;
        bool first = false;                         // a response or a command begins here
        std::optional<std::uint64_t> literal = {};  // a line: the size of the literal that follows
    };
    void feed(std::string_view octets) { input_ += octets; }
    // nullopt: more is needed.
    std::optional<Segment> next();
    // Whether all that was fed is over, responses or commands to their ends.
    bool at_boundary() const { return input_.empty() && !inside_; }
    // OK, NO, BAD, BYE and PREAUTH, tagged or not: their text is for people.
    static bool is_status(std::string_view line);

 private:
    std::string input_;
    std::uint64_t literal_left_ = 0;
    bool inside_ = false;  // of a response or a command
};

}  // namespace mailpipe::app::serve
