#pragma once

#include <optional>
#include <string>
#include <string_view>

// LANG (RFC 6856 section 3): the words behind "+OK" and "-ERR" in the client's language. They are ASCII in each, since a
// client may ask for a language without asking for UTF8.
namespace mailpipe::pop3 {

enum class Language { english, german };

// "de" for "de", "DE" and "de-AT" (RFC 4647 section 3.4); "*" and "en" are the default. nullopt: not spoken here.
std::optional<Language> find_language(std::string_view range);
std::string_view tag_of(Language language);
// Lines of the listing: tag SP description in that language.
std::string_view language_listing(std::size_t index);  // empty behind the last

// A status line in the language. What has no translation stays as it is, and so do the numbers, whatever they are.
std::string translate_status(Language language, std::string_view line);

}  // namespace mailpipe::pop3
