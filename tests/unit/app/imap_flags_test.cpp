#include "mailpipe/app/imap_flags.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

using Words = std::vector<std::string>;

TEST(ImapFlags, BothWays) {
    EXPECT_EQ(keywords_of_flags({"\\Seen", "\\Recent", "$Forwarded", "", "Work", "\\ANSWERED"}),
              (Words{"$seen", "$forwarded", "work", "$answered"}));
    EXPECT_EQ(flags_of_keywords({"$seen", "$answered", "$flagged", "$deleted", "$draft", "$forwarded", "work"}),
              (Words{"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$forwarded", "work"}));
}

}  // namespace
}  // namespace mailpipe::app
