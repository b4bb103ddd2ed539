#include "mailpipe/index/folder_name.hpp"

#include <gtest/gtest.h>

namespace mailpipe::index {
namespace {

TEST(FolderName, BothWays) {
    const std::pair<const char*, const char*> rows[] = {
        {"INBOX", ""},           {"Sent", ".Sent"},    {"A/B/C", ".A.B.C"},
        {"INBOX/x", ".INBOX.x"}, {"a & b", ".a &- b"}, {"\xC3\xA4/\xE5\x8F\xB0", ".&AOQ-.&U,A-"},
        {"*%", ".*%"},
    };
    for (const auto& [name, directory] : rows) {
        EXPECT_EQ(*directory_of(name), directory);
        EXPECT_EQ(name_of(directory), name);
    }
    EXPECT_EQ(*directory_of("iNbOx"), "");
    EXPECT_EQ(*directory_of("inbox/x"), ".INBOX.x");
    EXPECT_EQ(name_of(".\xC3\xA4"), "\xC3\xA4");
    // "/" in disguise is none.
    EXPECT_EQ(name_of(".&AC8-"), "&AC8-");
    EXPECT_EQ(utf8_directory_of("\xC3\xA4/b"), ".\xC3\xA4.b");
}

TEST(FolderName, NeverLeavesTheRoot) {
    for (const char* name :
         {"", "/", "/etc", "a//b", "a/", "..", "../x", "a/../b", "a.b", ".", "a\nb", "a\x7F", "\xFF"}) {
        const auto directory = directory_of(name);
        ASSERT_FALSE(directory) << name;
        EXPECT_EQ(directory.error().kind, Errc::usage) << name;
    }
    EXPECT_FALSE(directory_of(std::string(2000, 'x')));
    EXPECT_FALSE(directory_of(std::string(255, 'x')));
    EXPECT_FALSE(directory_of(std::string("a\0b", 3)));
    // Where SQLite would look for a journal.
    EXPECT_FALSE(directory_of("mailpipe-index-journal"));
    EXPECT_FALSE(name_of(".mailpipe-reserve"));
    std::string deep = "a";
    for (int i = 0; i < 100; ++i)
        deep += "/a";
    EXPECT_FALSE(directory_of(deep));
    for (const char* directory : {".", "..", "x", "..a", ".a..b", ".INBOX", ".inbox.x", ".\xFF"})
        EXPECT_FALSE(name_of(directory)) << directory;
}

TEST(FolderName, Subscriptions) {
    EXPECT_EQ(parse_dovecot_subscriptions("INBOX\nSent\nA.B\n\n..\n"),
              (std::vector<std::string>{"INBOX", "Sent", "A/B"}));
    EXPECT_EQ(parse_dovecot_subscriptions("V\t2\n\nA\tB\n"), (std::vector<std::string>{"A/B"}));
    EXPECT_EQ(parse_courier_subscriptions("INBOX\nINBOX.A.B\nother\n"),
              (std::vector<std::string>{"INBOX", "A/B"}));
}

}  // namespace
}  // namespace mailpipe::index
