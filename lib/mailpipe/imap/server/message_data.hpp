#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/server/fetch_item.hpp"
#include "mailpipe/mime/part_tree.hpp"

// What FETCH says of a message's text (RFC 9051 sections 7.5.2 and 6.4.5). Texts are CRLF.
namespace mailpipe::imap::server {

// env-list in parentheses: of broken headers too, always valid in the grammar. Encoded words stay as they are.
std::string encode_envelope(std::string_view header);
// body in parentheses: with the extension data of BODYSTRUCTURE, or without. Limits of the parser make it shorter.
std::string encode_body_structure(const mime::PartTree& tree, bool extended);

// What `section` means of the message: a view into it for all but HEADER.FIELDS, which is put together in `storage`. nullopt:
// there is no such part (NIL).
std::optional<std::string_view> find_section(const mime::PartTree& tree, const Section& section,
                                             std::string& storage);
// Of a header alone, for HEADER, HEADER.FIELDS and HEADER.FIELDS.NOT without a part: with the empty line at the end.
std::string select_fields(std::string_view header, const Section& section);
// The decoded body of a part (RFC 3516): of a multipart or of the whole message the text itself. Errors: unsupported for an
// encoding that is not known (UNKNOWN-CTE), data where it cannot be decoded.
Result<std::optional<std::string>> decode_section(const mime::PartTree& tree, const Section& section);
// At most 200 characters of its text (RFC 8970), UTF-8; the same as preview of the Email object.
std::string make_preview(std::string_view message);

}  // namespace mailpipe::imap::server
