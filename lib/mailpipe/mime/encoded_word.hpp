#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/charset.hpp"

namespace mailpipe::mime {

// The length of the encoded-word (RFC 2047 section 2) at the start of `text`, 0 when there is none. Lenient: no
// limit of 75 octets; white space in the encoded text.
std::size_t encoded_word_length(std::string_view text);

// Unstructured text (RFC 8621 section 4.1.2.2): unfolded, leading white space removed, encoded words decoded
// wherever they stand, white space between two of them removed, a character split between two of the same
// charset put together, raw 8-bit octets as decode_charset does undeclared ones, NUL dropped.
MAILPIPE_EXPORT DecodedText decode_text(std::string_view raw_value);

// The piece of the value that decode_text() makes a copy of, where that is all it does: ASCII in one line, without
// encoded words. nullopt for any other.
std::optional<std::string_view> plain_text(std::string_view raw_value);

// The same as decode_text() without removing anything at the ends; for phrases and parameter values, which are unfolded already.
DecodedText decode_words(std::string_view text);

}  // namespace mailpipe::mime
