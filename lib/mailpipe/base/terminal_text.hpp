#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe {

// Text of a message or a server as it may be shown on a terminal: C0 and C1 controls, DEL, bidirectional
// controls (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), line and paragraph separators and
// octets that are not UTF-8 each become U+FFFD; TAB and, with `keep_lines`, LF stay.
MAILPIPE_EXPORT std::string terminal_text(std::string_view text, bool keep_lines = false);

// The decoded length of the UTF-8 sequence at the start of `text`, 0 when it is not well-formed
// (RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_sequence_length(std::string_view text);

bool is_utf8(std::string_view text);

// The beginning of UTF-8 text of at most so many octets, cut between two characters.
std::string_view utf8_prefix(std::string_view text, std::size_t octets);

}  // namespace mailpipe
