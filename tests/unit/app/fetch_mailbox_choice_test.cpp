#include "mailpipe/app/fetch/mailbox_choice.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(FetchMailboxChoice, Patterns) {
    struct Row {
        const char* pattern;
        const char* name;
        bool matches;
    };
    for (const Row& row :
         {Row{"*", "INBOX", true}, Row{"*", "a/b", true}, Row{"%", "a/b", false}, Row{"%", "a", true},
          Row{"a/%", "a/b", true}, Row{"a/%", "a/b/c", false}, Row{"a/*", "a/b/c", true},
          Row{"a*c", "a/b/c", true}, Row{"a%c", "a/b/c", false}, Row{"%/%", "a/b", true},
          Row{"*%", "a/b", true}, Row{"", "", true}, Row{"", "a", false}, Row{"inbox", "INBOX", true},
          Row{"Inbox", "inbox", true}, Row{"A", "a", false}, Row{"a", "ab", false}, Row{"**", "", true}}) {
        EXPECT_EQ(matches_mailbox_pattern(row.pattern, row.name, "/"), row.matches)
            << row.pattern << " " << row.name;
    }
    EXPECT_TRUE(matches_mailbox_pattern("%", "a/b", ""));
    // A pattern that makes a backtracking match take forever.
    std::string pattern;
    for (int i = 0; i < 100; ++i)
        pattern += "*a";
    EXPECT_FALSE(matches_mailbox_pattern(pattern + "b", std::string(1000, 'a'), "/"));
}

}  // namespace
}  // namespace mailpipe::app
