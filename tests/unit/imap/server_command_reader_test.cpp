#include "mailpipe/imap/server/command_reader.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap::server {
namespace {

TEST(CommandReader, Dates) {
    struct Row {
        std::string text;
        std::time_t time;
    };
    for (const Row& row : {
             Row{"\"17-Jul-1996 02:44:25 -0700\"", 837596665},
             {"\" 7-feb-1994 21:52:25 -0800\"", 760686745},
             {"\"07-Feb-1994 21:52:25 +0000\"", 760657945},
             {"\"01-Jan-1970 00:00:60 +0000\"", 59},
             {"\"01-Jan-1970 00:00:00 +0001\"", -60},
         }) {
        CommandText command{row.text, {}};
        CommandReader in(command, 0, false);
        const auto time = in.date_time();
        ASSERT_TRUE(time) << row.text;
        EXPECT_EQ(*time, row.time) << row.text;
        EXPECT_TRUE(in.at_end());
    }
    for (const char* text :
         {"", "\"", "17-Jul-1996 02:44:25 -0700", "\"7-Jul-1996 02:44:25 -0700\"",
          "\"32-Jul-1996 02:44:25 -0700\"", "\"30-Feb-1996 02:44:25 -0700\"", "\"17-Jux-1996 02:44:25 -0700\"",
          "\"17-Jul-1996 24:44:25 -0700\"", "\"17-Jul-1996 02:60:25 -0700\"", "\"17-Jul-1996 02:44:61 -0700\"",
          "\"17-Jul-1996 02:44:25 -0760\"", "\"17-Jul-1996 02:44:25 GMT\"", "\"00-Jul-1996 02:44:25 +0000\"",
          "\"17-Jul-0000 02:44:25 +0000\"", "\"17-Jul-1996 02:44:25 +0000", "\"1 -Jul-1996 02:44:25 +0000\"",
          "\"17-Jul-1996  2:44:25 +0000\""}) {
        CommandText command{text, {}};
        EXPECT_FALSE(CommandReader(command, 0, false).date_time()) << text;
    }
}

TEST(CommandReader, Strings) {
    CommandText command{"x \"a\\\"b\" {3} nil \"NIL\" ~{2}", {}};
    command.literals.push_back({12, 3, "l\r\n", false});
    command.literals.push_back({27, 4, std::string("\0x", 2), true});
    CommandReader in(command, 0, false);
    EXPECT_EQ(*in.astring("x"), "x");
    ASSERT_TRUE(in.space());
    EXPECT_EQ(*in.astring("x"), "a\"b");
    ASSERT_TRUE(in.space());
    EXPECT_EQ(*in.astring("x"), "l\r\n");
    ASSERT_TRUE(in.space());
    EXPECT_EQ(*in.nstring("x"), std::nullopt);
    ASSERT_TRUE(in.space());
    EXPECT_EQ(*in.nstring("x"), "NIL");
    ASSERT_TRUE(in.space());
    EXPECT_FALSE(in.nstring("x"));
    EXPECT_EQ(*in.nstring("x", true), std::string("\0x", 2));
    EXPECT_TRUE(in.end());
}

TEST(CommandReader, NoNulInALiteral) {
    CommandText command{"{1}", {}};
    command.literals.push_back({3, 3, std::string(1, '\0'), false});
    CommandReader in(command, 0, false);
    const auto value = in.string("userid");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().message, "userid without NUL expected at octet 0");
}

TEST(CommandReader, AMarkerIsNoLiteralByItself) {
    // "{3}" in the middle of a line has no octets that belong to it.
    CommandText command{"{3} {3}", {}};
    command.literals.push_back({7, 3, "abc", false});
    EXPECT_FALSE(CommandReader(command, 0, false).string("x"));
    EXPECT_EQ(*CommandReader(command, 4, false).string("x"), "abc");
}

TEST(CommandReader, Numbers) {
    const auto read = [](std::string text, bool nz) {
        CommandText command{std::move(text), {}};
        CommandReader in(command, 0, false);
        const auto value = nz ? in.nz_number("n") : in.number("n");
        return value ? std::int64_t{*value} : -1;
    };
    EXPECT_EQ(read("0", false), 0);
    EXPECT_EQ(read("4294967295", false), 4294967295);
    EXPECT_EQ(read("4294967296", false), -1);
    EXPECT_EQ(read("99999999999999999999", false), -1);
    EXPECT_EQ(read("x", false), -1);
    EXPECT_EQ(read("-1", false), -1);
    EXPECT_EQ(read("0", true), -1);
    EXPECT_EQ(read("01", true), -1);
    EXPECT_EQ(read("1", true), 1);
}

TEST(CommandReader, GivesLiteralsBackInPlace) {
    CommandText command{"SUBJECT {3} (TEXT ~{1+} SEEN)", {}};
    command.literals.push_back({11, 3, "a b", false});
    command.literals.push_back({23, 5, "c", true});
    CommandReader in(command, 0, false);
    EXPECT_EQ(in.rest_with_literals(), "SUBJECT {3}\r\na b (TEXT ~{1}\r\nc SEEN)");
    EXPECT_TRUE(in.at_end());
}

TEST(CommandReader, Words) {
    CommandText command{"NILE nil", {}};
    CommandReader in(command, 0, false);
    EXPECT_FALSE(in.take_word("NIL"));
    EXPECT_TRUE(in.take_word("NILE"));
    EXPECT_TRUE(in.take(' '));
    EXPECT_TRUE(in.take_word("NIL"));
}

TEST(CommandReader, WipesWhatItHeld) {
    CommandText command{"secret", {}};
    command.literals.push_back({1, 1, "secret", false});
    command.clear();
    EXPECT_TRUE(command.text.empty());
    EXPECT_TRUE(command.literals.empty());
}

}  // namespace
}  // namespace mailpipe::imap::server
