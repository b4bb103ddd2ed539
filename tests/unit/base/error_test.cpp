#include "mailpipe/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace mailpipe {
namespace {

Result<int> checked(int value) {
    if (value < 0) return fail(Errc::data, "negative");
    return value;
}

TEST(Error, Result) {
    EXPECT_EQ(*checked(1), 1);
    ASSERT_FALSE(checked(-1));
    EXPECT_EQ(checked(-1).error().kind, Errc::data);
    EXPECT_EQ(checked(-1).error().message, "negative");
    EXPECT_FALSE(checked(-1).error().reply);
    EXPECT_TRUE(Result<void>{});
    const Result<void> failed = fail(Errc::permanent, "refused", ServerReply{550, "5.1.1", "no"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reply->code, 550);
}

TEST(Error, Errno) {
    struct Case {
        int number;
        bool creating;
        Errc kind;
    };
    const Case cases[] = {
        {ENOSPC, false, Errc::io},
        {ENOSPC, true, Errc::io},
        {EDQUOT, true, Errc::io},
        {EIO, false, Errc::io},
        {EACCES, false, Errc::io},
        {EACCES, true, Errc::cannot_create},
        {EROFS, true, Errc::cannot_create},
        {ENOENT, false, Errc::not_found},
        {ENOENT, true, Errc::cannot_create},
    };
    for (const Case& c : cases) {
        const Result<void> failed = fail_errno(c.number, "file", c.creating);
        EXPECT_EQ(failed.error().kind, c.kind) << c.number << c.creating;
    }
    EXPECT_EQ(Result<void>(fail_errno(ENOSPC, "mail/tmp")).error().message,
              "mail/tmp: No space left on device");
}

}  // namespace
}  // namespace mailpipe
