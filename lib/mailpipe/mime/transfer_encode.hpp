#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

// The encoding side of Content-Transfer-Encoding (RFC 2045 section 6), for bodies that are whole in memory.
namespace mailpipe::mime {

enum class BodyEncoding { seven_bit, eight_bit, quoted_printable, base64, binary };

// The name as the field has it: "7bit", "quoted-printable", ...
MAILPIPE_EXPORT std::string_view encode_body_encoding(BodyEncoding encoding);

// Which encoding carries these octets over any transport, unchanged: 7bit where they are CRLF text of at most
// 998 octets a line without NUL; quoted-printable for other text whose line ends are all CRLF, where it is
// shorter than base64 or could still be read; else base64.
MAILPIPE_EXPORT BodyEncoding choose_body_encoding(std::string_view octets, bool is_text);

// What a composite body, which must not be encoded (RFC 2045 section 6.4), is labelled: 7bit, 8bit, or binary.
BodyEncoding identity_encoding(std::string_view octets);

// Lines of 76 octets, each with CRLF (RFC 2045 section 6.8). Decoding yields the octets.
MAILPIPE_EXPORT std::string encode_base64_body(std::string_view octets);

// Lines of at most 76 octets; CRLF stays a line end, a bare CR or LF is encoded (RFC 2045 section 6.7). A last
// line without a line end gets a soft one. "From " and "." at the start of a line are encoded, which mbox files
// and SMTP would otherwise change. Decoding yields the octets.
MAILPIPE_EXPORT std::string encode_quoted_printable_body(std::string_view octets);

}  // namespace mailpipe::mime
