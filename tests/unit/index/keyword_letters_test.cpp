#include "mailpipe/index/keyword_letters.hpp"

#include <gtest/gtest.h>

namespace mailpipe::index {
namespace {

const KeywordNames kNames{"work", "", "$Forwarded", "home"};

struct Row {
    const char* letters;
    unsigned flags;
    std::uint64_t keywords;
    const char* extra;
    const char* again;
};

TEST(KeywordLetters, ReadsAndWrites) {
    const Row rows[] = {
        {"", 0, 0, "", ""},
        {"DFRST", kDraft | kFlagged | kAnswered | kSeen | kDeleted, 0, "", "DFRST"},
        {"SF", kSeen | kFlagged, 0, "", "FS"},
        {"Pad", 0, 0b1101, "", "Pad"},
        {"c", 0, 0b100, "", "P"},
        {"bzX", 0, 0, "Xbz", "Xbz"},
        {"SS,S", kSeen, 0, "", "S"},
    };
    for (const Row& row : rows) {
        const FileFlags parsed = parse_letters(row.letters, kNames);
        EXPECT_EQ(parsed.flags, row.flags) << row.letters;
        EXPECT_EQ(parsed.keywords, row.keywords) << row.letters;
        EXPECT_EQ(parsed.extra, row.extra) << row.letters;
        EXPECT_EQ(encode_letters(parsed, kNames), row.again) << row.letters;
    }
    EXPECT_EQ(parse_letters("P", {}).extra, "P");
    EXPECT_EQ(letters_of("base:2,FS"), "FS");
    EXPECT_EQ(letters_of("base"), "");
}

TEST(KeywordLetters, OnlyTheFirst26HaveOne) {
    KeywordNames names;
    for (int i = 0; i < 30; ++i)
        names.push_back("k" + std::to_string(i));
    EXPECT_EQ(encode_letters({0, ~std::uint64_t{0}, ""}, names), "abcdefghijklmnopqrstuvwxyz");
}

TEST(KeywordLetters, DovecotsFile) {
    EXPECT_EQ(parse_dovecot_keywords("0 work\n2 $Forwarded\n3 home\n"), kNames);
    EXPECT_EQ(parse_dovecot_keywords("x\n26 far\n0 a b\n0 (x)\n1 work\n2 WORK\n"), (KeywordNames{"", "work"}));
    EXPECT_EQ(encode_dovecot_keywords(kNames), "0 work\n2 $Forwarded\n3 home\n");
    EXPECT_TRUE(parse_dovecot_keywords("").empty());
}

TEST(KeywordLetters, KeywordsAreAtoms) {
    for (const char* good : {"$Junk", "a", "NonJunk", "x-y.z"})
        EXPECT_TRUE(is_keyword(good)) << good;
    for (const char* bad : {"", "a b", "\\Seen", "a(", "a\"", "\xC3\xA4", "a]", "a\n"})
        EXPECT_FALSE(is_keyword(bad)) << bad;
}

}  // namespace
}  // namespace mailpipe::index
