#include "mailpipe/app/serve/imap/list_pattern.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace mailpipe::app::serve {
namespace {

struct Row {
    const char* pattern;
    const char* name;
    bool matches;
};

// RFC 9051 section 6.3.9.5 among them.
constexpr Row kRows[] = {
    {"*", "", true},
    {"*", "a/b/c", true},
    {"%", "a", true},
    {"%", "a/b", false},
    {"a/%", "a/b", true},
    {"a/%", "a/b/c", false},
    {"a/%/c", "a/b/c", true},
    {"%/%", "a/b", true},
    {"a*c", "a/b/c", true},
    {"a%c", "abc", true},
    {"a%c", "a/c", false},
    {"inbox", "INBOX", true},
    {"InBox/%", "INBOX/x", true},
    {"inboxes", "INBOXes", false},
    {"Foo", "foo", false},
    {"", "", true},
    {"", "a", false},
    {"a", "ab", false},
    {"ab", "a", false},
    {"*a*", "bab", true},
    {"%a%/*", "bab/c/d", true},
};

TEST(ServeImapListPattern, Table) {
    for (const Row& row : kRows)
        EXPECT_EQ(matches_list_pattern(row.pattern, row.name), row.matches) << row.pattern << " | " << row.name;
}

// What a backtracking matcher needs years for.
TEST(ServeImapListPattern, ManyWildcardsTakeNoTime) {
    std::string pattern;
    for (int i = 0; i < 2000; ++i)
        pattern += "*a";
    const std::string name = std::string(1000, 'a') + "b";
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(matches_list_pattern(pattern, name));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace mailpipe::app::serve
