#pragma once

#include <string_view>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/charset.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {

// The text of a text part as an EmailBodyValue has it (RFC 8621 section 4.1.4): `octets` are its body with the
// transfer encoding decoded; the result is UTF-8 with LF line ends.
MAILPIPE_EXPORT mime::DecodedText text_value(std::string_view octets, const mime::Part& part);

}  // namespace mailpipe::email
