#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe {

// Text of a message or a server as it may be shown on a terminal: C0 and C1 controls, DEL, bidirectional
// controls (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+206F), line and paragraph separators,
// interlinear annotation, tags (U+E0000 to U+E0FFF but for the variation selectors) and octets that are not
// UTF-8 each become U+FFFD; TAB and, with `keep_lines`, LF stay.
MAILPIPE_EXPORT std::string terminal_text(std::string_view text, bool keep_lines = false);

// JSON text in UTF-8 that means the same, with the characters of terminal_text() that JSON leaves as they are written
// as \uXXXX: a record does no harm on a terminal and loses nothing.
MAILPIPE_EXPORT std::string escape_hidden(std::string json);

// Whether terminal_text() replaces it, among the characters beyond C0.
bool is_hidden_character(char32_t point);
// \uXXXX, as a surrogate pair beyond U+FFFF.
void append_json_escape(char32_t point, std::string& out);

// The decoded length of the UTF-8 sequence at the start of `text`, 0 when it is not well-formed
// (RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_sequence_length(std::string_view text);

// Of one well-formed sequence; U+FFFD for an octet that is none.
char32_t utf8_code_point(std::string_view sequence);

// What is no Unicode scalar value becomes U+FFFD.
void append_utf8(char32_t point, std::string& out);

bool is_utf8(std::string_view text);

// The beginning of UTF-8 text of at most so many octets, cut between two characters.
std::string_view utf8_prefix(std::string_view text, std::size_t octets);

}  // namespace mailpipe
