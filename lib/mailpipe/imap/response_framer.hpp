#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/wire/input_buffer.hpp"
#include "mailpipe/wire/line_framer.hpp"

// Splits what an IMAP server sends into the text and the literals of responses, before any grammar runs
// (RFC 3501 sections 4.3 and 7).
namespace mailpipe::imap {

// The size in the marker that ends a line which a literal follows: "{n}" or "~{n}" (RFC 3516) outside of a
// quoted string. nullopt: no literal follows. Error protocol: the size does not fit 63 bits.
Result<std::optional<std::uint64_t>> literal_size(std::string_view line);

// Limits: kImapLine for the text of a response, kImapResponseLiterals. The size of a literal is the caller's to
// judge; the framer never holds or reserves any. Text of "* SEARCH", "* SORT" and "* THREAD" comes in pieces that
// end between two numbers, so that a listing may be longer than kImapLine.
class ResponseFramer {
 public:
    ResponseFramer();

    enum class Status { need_input, text, literal, numbers };
    enum class Listing { search, sort, thread };
    struct Step {
        Status status = Status::need_input;
        std::string_view octets = {};  // text without CRLF; valid until the buffer's next append()
        bool last = false;  // text and numbers: the response ends here; literal: the literal ends here
        std::uint64_t literal_size = 0;     // text that is not the last: of the literal that follows
        Listing listing = Listing::search;  // numbers
    };
    // Errors: limit, protocol.
    Result<Step> next(wire::InputBuffer& input);

    bool between_responses() const { return state_ == State::start; }
    std::uint64_t literal_octets_missing() const { return missing_; }

 private:
    enum class State { start, text, literal, numbers };

    Result<Step> next_text(wire::InputBuffer& input);
    Step next_literal(wire::InputBuffer& input);
    Result<Step> next_numbers(wire::InputBuffer& input);

    wire::LineFramer lines_;
    State state_ = State::start;
    Listing listing_ = Listing::search;
    bool status_response_ = false;
    std::size_t text_size_ = 0;
    std::size_t literals_ = 0;
    std::uint64_t missing_ = 0;
};

}  // namespace mailpipe::imap
