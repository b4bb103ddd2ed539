#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/limit.hpp"

namespace mailpipe::mime {

// One header field as it stands in the message (RFC 5322 section 2.2). Views point into the parsed text.
struct Field {
    std::string_view name;   // without the colon and white space before it
    std::string_view value;  // raw, behind the colon, folded, without the last line end
    std::size_t offset = 0;  // of the name in the text
    std::size_t length = 0;  // of the whole field with its line end
};

struct Header {
    std::vector<Field> fields;
    std::size_t size = 0;  // octets of the header with the empty line that ends it
    LimitSet limits;       // that were met

    // The first, or last, field of that name, ignoring case; nullptr when there is none.
    const Field* find(std::string_view name) const;
    const Field* find_last(std::string_view name) const;
    std::size_t count(std::string_view name) const;
};

// Accepts CRLF and LF line ends, a byte order mark, an mbox "From " line or any line before a well-known field first,
// and lines that are no fields (they are skipped, as docs/leniency.md says). Never fails: what is no header is body.
MAILPIPE_EXPORT Header parse_header(std::string_view text);

// Removes the line ends of folding, keeps the white space (RFC 5322 section 2.2.3).
MAILPIPE_EXPORT std::string unfold(std::string_view value);

}  // namespace mailpipe::mime
