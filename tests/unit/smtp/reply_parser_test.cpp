#include "mailpipe/smtp/reply_parser.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::smtp {
namespace {

TEST(ReplyParser, MultiLine) {
    ReplyParser parser;
    EXPECT_FALSE(parser.add("250-a").value().has_value());
    EXPECT_FALSE(parser.add("250-").value().has_value());
    const auto reply = parser.add("250 b").value();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->lines, (std::vector<std::string>{"a", "", "b"}));
    EXPECT_EQ(parser.add("354").value()->code, 354);
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
    for (const char* line : {"", "2", "25", "25a", "150 x", "650 x", "250x", "2500 x", "* OK IMAP", "+OK POP3",
                             " 250 x", "SSH-2.0-OpenSSH"}) {
        ReplyParser parser;
        const auto reply = parser.add(line);
        ASSERT_FALSE(reply.has_value()) << line;
        EXPECT_EQ(reply.error().kind, Errc::protocol) << line;
    }
}

// threats.md: SMTP replies: multi-line, code without text, overlong
TEST(ReplyParser, SmtpRepliesCodeMismatchInMultiLine) {
    ReplyParser parser;
    ASSERT_TRUE(parser.add("250-a").has_value());
    EXPECT_EQ(parser.add("550 b").error().kind, Errc::protocol);
}

TEST(ReplyParser, SmtpRepliesEndlessMultiLine) {
    ReplyParser parser;
    for (std::size_t i = 0; i < limits::kReplyLines; ++i)
        ASSERT_TRUE(parser.add("250-x").has_value());
    const auto reply = parser.add("250-x");
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().kind, Errc::limit);
    EXPECT_NE(reply.error().message.find("kReplyLines"), std::string::npos);
}

TEST(ReplyParser, ErrorShowsNoControlCharacters) {
    ReplyParser parser;
    const auto reply = parser.add("\x1B[2Jboo");
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().message.find('\x1B'), std::string::npos);
}

TEST(ExtractEnhanced, Table) {
    struct Row {
        int code;
        const char* text;
        const char* enhanced;
        const char* rest;
    };
    for (const Row& row : {Row{250, "2.1.0 OK", "2.1.0", "OK"}, Row{250, "2.1.0", "2.1.0", ""},
                           Row{550, "5.7.123 no", "5.7.123", "no"}, Row{250, "5.1.0 OK", "", "5.1.0 OK"},
                           Row{250, "2.1 OK", "", "2.1 OK"}, Row{250, "2.1.0OK", "", "2.1.0OK"},
                           Row{250, "2.1234.0 OK", "", "2.1234.0 OK"}, Row{250, "", "", ""}}) {
        Reply reply{row.code, "", {row.text}};
        extract_enhanced(reply);
        EXPECT_EQ(reply.enhanced, row.enhanced) << row.text;
        EXPECT_EQ(reply.lines[0], row.rest) << row.text;
    }
}

}  // namespace
}  // namespace mailpipe::smtp
