#include "mailpipe/mime/charset.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::mime {
namespace {

struct Row {
    std::string label;
    std::string octets;
    std::string text;
    bool problem;
};

TEST(Charset, Decode) {
    const Row rows[] = {
        {"", "plain", "plain", false},
        {"", "caf\xC3\xA9", "caf\u00e9", true},
        {"", "caf\xE9", "caf\u00e9", true},
        {"us-ascii", "caf\xE9", "caf\u00e9", true},
        {"US-ASCII", "abc", "abc", false},
        {"utf-8", "caf\xC3\xA9", "caf\u00e9", false},
        {"UTF8",
         "a\xFF"
         "b",
         "a\uFFFDb", true},
        {"utf-8",
         "\xEF\xBB\xBF"
         "a",
         "a", false},
        {"utf-8", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", true},
        {"utf-8", "\xC0\x80", "\uFFFD\uFFFD", true},
        {"iso-8859-1", "\xE9\x80", "\u00e9\u20ac", false},
        {"windows-1252", "\x81", "\uFFFD", true},
        {"iso-8859-2", "\xB1", "\u0105", false},
        {" Koi8-R ", "\xD0\xD2\xC9", "\u043f\u0440\u0438", false},
        {"windows-1251", "\xEF\xF0\xE8", "\u043f\u0440\u0438", false},
        {"iso-2022-jp", "\x1B$B$\"\x1B(B", "\u3042", false},
        {"shift_jis", "\x82\xA0", "\u3042", false},
        {"euc-jp", "\xA4\xA2", "\u3042", false},
        {"gb2312", "\xC4\xE3", "\u4f60", false},
        {"big5", "\xA7\x41", "\u4f60", false},
        {"ks_c_5601-1987", "\xB0\xA1", "\uac00", false},
        {"utf-7", "A+AOk-", "A\u00e9", false},
        {"utf-16le", std::string("a\0\xE9\0", 4), "a\u00e9", false},
        {"utf-16be", std::string("\0a\xD8\x00\0b", 6), "a\uFFFDb", true},
        {"shift_jis", "a\x82", "a\uFFFD", true},
        {"no-such-charset", "abc", "abc", true},
        {"no-such-charset", "\xE9", "\u00e9", true},
        {"iso-8859-1", "", "", false},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.label + " " + row.text);
        const DecodedText decoded = decode_charset(row.octets, row.label);
        EXPECT_EQ(decoded.text, row.text);
        EXPECT_EQ(decoded.problem, row.problem);
    }
}

TEST(Charset, EveryOctetPairOfEveryCharsetIsUtf8Afterwards) {
    for (const char* label :
         {"us-ascii", "utf-8", "iso-8859-6", "windows-1255", "iso-2022-jp", "shift_jis", "euc-jp", "euc-kr",
          "gb18030", "big5", "utf-7", "utf-16", "utf-16be", "tis-620"}) {
        std::string octets;
        for (int first = 0; first < 256; first += 5) {
            for (int second = 0; second < 256; ++second) {
                octets += static_cast<char>(first);
                octets += static_cast<char>(second);
            }
        }
        EXPECT_TRUE(is_utf8(decode_charset(octets, label).text)) << label;
    }
}

// A label never reaches iconv_open() itself: "//TRANSLIT" and the converters that nobody needs are unknown.
TEST(Charset, LabelsAreAList) {
    EXPECT_EQ(iconv_name("ISO-2022-CN-EXT"), "");
    EXPECT_EQ(iconv_name("utf-8//TRANSLIT"), "");
    EXPECT_EQ(iconv_name("../../etc/passwd"), "");
    EXPECT_EQ(iconv_name("Latin1"), "CP1252");
}

}  // namespace
}  // namespace mailpipe::mime
