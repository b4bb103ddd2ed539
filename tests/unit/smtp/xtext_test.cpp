#include "mailpipe/smtp/xtext.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mailpipe::smtp {
namespace {

struct Row {
    std::string_view plain;
    std::string_view encoded;
};

TEST(Xtext, Table) {
    using namespace std::string_view_literals;
    for (const Row& row : {
             Row{"QQ314159", "QQ314159"},  // RFC 3461 section 10.1
             Row{"", ""},
             Row{"a+b=c d", "a+2Bb+3Dc+20d"},
             Row{"!~", "!~"},
             Row{"\r\n\0\x7F\xFF"sv, "+0D+0A+00+7F+FF"},
         }) {
        EXPECT_EQ(encode_xtext(row.plain), row.encoded);
    }
}

TEST(Xtext, OriginalRecipient) {
    for (const Row& row : {
             Row{"rfc822;Bob@Big-Bucks.com", "rfc822;Bob@Big-Bucks.com"},
             Row{"rfc822;a+b@x.org", "rfc822;a+2Bb@x.org"},
             Row{"x400;/C=us;/", "x400;/C+3Dus;/"},
             // RFC 6533 section 3
             Row{"rfc822;j\xC3\xBCrg@x.org", "utf-8;j\\x{FC}rg@x.org"},
             Row{"utf-8;\xF0\x9F\x98\x80+=\\@x.org", "utf-8;\\x{1F600}\\x{2B}\\x{3D}\\x{5C}@x.org"},
         }) {
        EXPECT_EQ(encode_original_recipient(row.plain), row.encoded);
    }
}

}  // namespace
}  // namespace mailpipe::smtp
