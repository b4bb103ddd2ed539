#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// The form in which i;unicode-casemap (RFC 5051) compares text: each character in title case, then decomposed.
// Two texts are equal under the collation when their forms are the same octets, one contains the other when its
// form does, and forms compare in its order. UTF-8 in (octets that are not count as U+FFFD) and out; never
// fails.
MAILPIPE_EXPORT std::string casemap(std::string_view text);

// The form in which text is searched loosely (RFC 6203): that of casemap() without marks, each word with one space in
// front of it. Empty for text without letters and digits.
std::string fuzzy_form(std::string_view text);

// Unicode Normalization Form C (UAX #15), in which JMAP gives text. The same for octets that are not UTF-8.
MAILPIPE_EXPORT std::string nfc(std::string text);

}  // namespace mailpipe::email
