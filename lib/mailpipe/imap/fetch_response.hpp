#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/tokens.hpp"

// FETCH responses (RFC 3501 section 7.4.2).
namespace mailpipe::imap {

struct FetchResponse {
    struct Body {
        std::string section;  // "BODY[]", "BODY[HEADER]": upper case; with the origin octet "<n>" when the
                              // server gave one
        NString value;
    };
    std::optional<std::uint32_t> uid;
    std::optional<std::uint64_t> size;
    std::optional<std::vector<std::string>> flags;
    std::string internal_date;
    std::vector<Body> bodies;
};

// Parses "(items)"; items that are not in the struct are skipped. Errors: protocol, limit.
Result<FetchResponse> parse_fetch(Tokens& tokens);

// Follows the text of a FETCH response piece by piece and knows what the literal behind a piece belongs to: its
// size decides whether a body streams before the response is complete and can be parsed.
class FetchItemTracker {
 public:
    // `text` is a whole piece, with the marker of the literal that follows.
    void append(std::string_view text);
    // "BODY[]" when the literal behind the last piece is the value of such an item, else empty.
    std::string body_section() const;

 private:
    std::size_t depth_ = 0;
    bool quoted_ = false;
    bool section_ = false;
    bool escaped_ = false;
    bool in_name_ = false;
    std::string name_;  // the element of the item list before the current place; empty behind a string or list
};

}  // namespace mailpipe::imap
