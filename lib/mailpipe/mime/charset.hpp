#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe::mime {

struct DecodedText {
    std::string text;      // UTF-8, always well-formed
    bool problem = false;  // something was replaced by U+FFFD, or the charset was wrong, unknown or undeclared
};

// The name under which iconv knows a charset label, "" for an unknown one. Labels are those of the WHATWG
// Encoding Standard and of IANA that mail uses, ignoring case; ISO-8859-1 and US-ASCII mean windows-1252, as
// they do there.
MAILPIPE_EXPORT std::string_view iconv_name(std::string_view label);

// Converts octets to UTF-8. An empty label means undeclared: ASCII as it is; else UTF-8 when valid; else
// windows-1252; the last two, and an unknown label, set `problem`. The same holds for US-ASCII with 8-bit
// octets. A byte order mark is dropped.
MAILPIPE_EXPORT DecodedText decode_charset(std::string_view octets, std::string_view label);

}  // namespace mailpipe::mime
