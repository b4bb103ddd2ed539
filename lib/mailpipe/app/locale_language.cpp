#include "mailpipe/app/locale_language.hpp"

#include <algorithm>
#include <cstdlib>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

// locale = language ["_" territory] ["." codeset] ["@" modifier]      POSIX, XBD section 8.2
std::string language_tag(std::string_view locale) {
    locale = locale.substr(0, locale.find_first_of(".@"));
    const std::string_view language = locale.substr(0, locale.find('_'));
    const auto is_tag = [](char c) { return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_'; };
    constexpr std::size_t kShortest = 2;
    constexpr std::size_t kLongest = 3;
    if (language.size() < kShortest || language.size() > kLongest ||
        !std::all_of(language.begin(), language.end(), ascii::is_alpha) ||
        !std::all_of(locale.begin(), locale.end(), is_tag) || locale.ends_with('_'))
        return {};
    std::string tag(locale);
    std::replace(tag.begin(), tag.end(), '_', '-');
    return tag;
}

std::string language_of_user() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return language_tag(value);
    }
    return {};
}

}  // namespace mailpipe::app
