#pragma once

#include <string>
#include <string_view>

namespace mailpipe::app {

// The language tag (RFC 5646) of a locale name: "de-AT" of "de_AT.UTF-8@euro"; empty for "C", "POSIX", and what is no such
// name.
std::string language_tag(std::string_view locale);

// That of the user's messages: LC_ALL, LC_MESSAGES, LANG, the first of these that is set.
std::string language_of_user();

}  // namespace mailpipe::app
