#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/parameter.hpp"

// Builds the text of a message from its parts (RFC 2045, RFC 2046).
namespace mailpipe::mime {

// One entity that is to be written. What parse_parts() reads back from it has the same types, names, dispositions
// and decoded bodies.
struct Entity {
    // Header fields with their CRLF, in order, as mime/field_encode.hpp makes them: all but Content-Type,
    // Content-Disposition and Content-Transfer-Encoding.
    std::string fields;
    ContentType type;  // of a multipart without boundary; parameters with name and value
    ContentDisposition disposition;
    // Of a leaf: the octets that a reader shall get; text as CRLF text. A message/rfc822 is a leaf.
    std::string body;
    std::vector<Entity> children;  // of a multipart, at least one

    bool is_multipart() const { return type.type == "multipart"; }
};

// The CRLF text. Bodies are encoded where they need it (mime/transfer_encode.hpp), multiparts and messages, which
// must not be (RFC 2045 section 6.4), are labelled by what is in them. `seed` is 1 to 40 characters of ALPHA and
// DIGIT that boundaries are made of; that none of them occurs in a part is checked, not hoped for. Errors data:
// a value that no header can hold; a multipart without parts, or nested beyond kMimeDepth; more than kMimeParts.
MAILPIPE_EXPORT Result<std::string> build_message(const Entity& root, std::string_view seed);

}  // namespace mailpipe::mime
