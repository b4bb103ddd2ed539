#include <gtest/gtest.h>

#include "mailpipe/app/serve/test/replay_tags.hpp"

namespace mailpipe::app::serve {
namespace {

TEST(ReplayTags, OfAnotherClientAreAnother) {
    ReplayTags tags;
    EXPECT_EQ(tags.server_octets("* OK ready\r\n"), "* OK ready\r\n");
    EXPECT_TRUE(tags.matches("a1 LOGIN bob ***\r\n", "X7 LOGIN bob {6}\r\n"));
    EXPECT_EQ(tags.server_octets("+ go on\r\n"), "+ go on\r\n");
    EXPECT_TRUE(tags.matches("***\r\n", "secret\r\n"));
    EXPECT_EQ(tags.server_octets("a1 OK done\r\n"), "X7 OK done\r\n");
    EXPECT_TRUE(tags.matches("a2 SEARCH RETURN () ALL\r\n", "X8 SEARCH RETURN () ALL\r\n"));
    EXPECT_EQ(tags.server_octets("* ESEARCH (TAG \"a2\") UID\r\n"), "* ESEARCH (TAG \"X8\") UID\r\n");
    EXPECT_EQ(tags.server_octets("a2 O"), "X8 O");
}

TEST(ReplayTags, AreTheSameEachTimeAndWhereCommandsBegin) {
    ReplayTags tags;
    EXPECT_FALSE(tags.matches("a1 NOOP\r\n", "X1 CHECK\r\n"));
    EXPECT_TRUE(tags.matches("a1 NOOP\r\n", "X1 NOOP\r\n"));
    EXPECT_FALSE(tags.matches("a1 NOOP\r\n", "X2 NOOP\r\n"));
    EXPECT_FALSE(tags.matches("DONE\r\n", "done\r\n"));
    EXPECT_TRUE(tags.matches("a2 APPEND x {10}\r\n", "X2 APPEND x {10}\r\n"));
    EXPECT_FALSE(tags.matches("a1 b c\r\n", "X1 b c\r\n"));
    EXPECT_TRUE(tags.matches("b\r\n", "b\r\n"));
    // Nor in the text of messages.
    EXPECT_EQ(tags.server_octets("* 1 FETCH (BODY[] {9}\r\n"), "* 1 FETCH (BODY[] {9}\r\n");
    EXPECT_EQ(tags.server_octets("a1 bcde\r\n"), "a1 bcde\r\n");
    EXPECT_EQ(tags.server_octets(")\r\n"), ")\r\n");
    EXPECT_EQ(tags.server_octets("a2 OK x\r\n"), "X2 OK x\r\n");
}

}  // namespace
}  // namespace mailpipe::app::serve
