#include "mailpipe/app/locale_language.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace mailpipe::app {
namespace {

TEST(LocaleLanguage, Tags) {
    const std::pair<const char*, const char*> rows[] = {
        {"de_AT.UTF-8@euro", "de-AT"},
        {"de", "de"},
        {"pt_BR", "pt-BR"},
        {"ast_ES", "ast-ES"},
        {"sr_RS@latin", "sr-RS"},
        {"C", ""},
        {"POSIX", ""},
        {"C.UTF-8", ""},
        {"", ""},
        {"de_", ""},
        {"de AT\r\nDELE 1", ""},
        {"english", ""},
        {"d1", ""},
    };
    for (const auto& [locale, tag] : rows)
        EXPECT_EQ(language_tag(locale), tag) << locale;
}

}  // namespace
}  // namespace mailpipe::app
