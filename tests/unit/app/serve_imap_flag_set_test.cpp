#include "mailpipe/app/serve/imap/flag_set.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

TEST(ServeImapFlagSet, SystemFlagsInAnyCase) {
    const auto set = make_flag_set({"\\SEEN", "\\deleted", "\\Recent", "\\Strange", "$Forwarded"});
    EXPECT_EQ(set.flags, index::kSeen | index::kDeleted);
    EXPECT_EQ(set.keywords, std::vector<std::string>{"$Forwarded"});
}

// RFC 4314 section 4.
TEST(ServeImapFlagSet, RightsLimitThem) {
    const index::FlagSet all{index::kSeen | index::kDeleted | index::kFlagged, {"k"}};
    EXPECT_EQ(allowed_flags(all, Rights("s")).flags, index::kSeen);
    EXPECT_TRUE(allowed_flags(all, Rights("s")).keywords.empty());
    EXPECT_EQ(allowed_flags(all, Rights("t")).flags, index::kDeleted);
    EXPECT_EQ(allowed_flags(all, Rights("w")).flags, index::kFlagged);
    EXPECT_EQ(allowed_flags(all, Rights("w")).keywords.size(), 1U);
    EXPECT_TRUE(is_empty(allowed_flags(all, Rights("lr"))));
}

}  // namespace
}  // namespace mailpipe::app::serve
