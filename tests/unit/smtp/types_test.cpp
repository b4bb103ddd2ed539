#include "mailpipe/smtp/types.hpp"

#include <gtest/gtest.h>

namespace mailpipe::smtp {
namespace {

TEST(Capabilities, TakesEhloLines) {
    Capabilities capabilities;
    for (const char* line :
         {"PIPELINING", "size 1000", "8BitMime", "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH PLAIN login",
          "AUTH=PLAIN XOAUTH2", "SMTPUTF8", "CHUNKING", "DSN", "X-Foo bar", ""}) {
        capabilities.add(line);
    }
    EXPECT_TRUE(capabilities.pipelining && capabilities.size && capabilities.eight_bit_mime &&
                capabilities.starttls);
    EXPECT_TRUE(capabilities.enhanced_status_codes && capabilities.smtputf8 && capabilities.chunking &&
                capabilities.dsn);
    EXPECT_EQ(capabilities.max_size, 1000U);
    EXPECT_EQ(capabilities.auth, (std::vector<std::string>{"PLAIN", "LOGIN", "XOAUTH2"}));
    EXPECT_EQ(capabilities.other, (std::vector<std::string>{"X-FOO bar"}));
}

TEST(Capabilities, SizeWithoutOrWithWrongNumberIsNoLimit) {
    for (const char* line : {"SIZE", "SIZE 0", "SIZE x", "SIZE 99999999999999999999999"}) {
        Capabilities capabilities;
        capabilities.add(line);
        EXPECT_TRUE(capabilities.size) << line;
        EXPECT_EQ(capabilities.max_size, 0U) << line;
    }
}

TEST(Reply, Encodes) {
    EXPECT_EQ(encode_reply(Reply{250, "2.1.0", {"first", "last"}}, true),
              "250-2.1.0 first\r\n250 2.1.0 last\r\n");
    EXPECT_EQ(encode_reply(Reply{250, "2.1.0", {"first"}}, false), "250 first\r\n");
    EXPECT_EQ(encode_reply(Reply{354, "", {"go"}}, true), "354 go\r\n");
    EXPECT_EQ(encode_reply(Reply{250, "", {}}, true), "250 \r\n");
    EXPECT_EQ(encode_reply(Reply{550, "", {"a\r\n250 b"}}, true), "550 a??250 b\r\n");
}

TEST(Reply, KindOfEachCode) {
    EXPECT_EQ(reply_kind(Reply{550, "5.1.1", {""}}), Errc::no_user);
    EXPECT_EQ(reply_kind(Reply{550, "5.7.1", {""}}), Errc::permanent);
    EXPECT_EQ(reply_kind(Reply{421, "", {""}}), Errc::temporary);
    EXPECT_EQ(reply_kind(Reply{452, "", {""}}), Errc::temporary);
    EXPECT_EQ(reply_kind(Reply{530, "", {""}}), Errc::auth);
    EXPECT_EQ(reply_kind(Reply{535, "", {""}}), Errc::auth);
    EXPECT_EQ(reply_kind(Reply{538, "", {""}}), Errc::auth);
    EXPECT_EQ(reply_kind(Reply{250, "", {""}}), Errc::protocol);
}

TEST(Reply, ServerReplyJoinsLines) {
    const ServerReply reply = to_server_reply(Reply{550, "5.1.1", {"one", "", "two"}});
    EXPECT_EQ(reply.code, 550);
    EXPECT_EQ(reply.enhanced, "5.1.1");
    EXPECT_EQ(reply.text, "one two");
}

TEST(Reply, ForEachErrorOfAServer) {
    for (int kind = 0; kind <= static_cast<int>(Errc::tls); ++kind) {
        const Reply reply = reply_for(Error{static_cast<Errc>(kind), "/secret/path"});
        EXPECT_GE(reply.code, 400) << kind;
        EXPECT_LT(reply.code, 600) << kind;
        EXPECT_EQ(reply.enhanced[0], static_cast<char>('0' + reply.code / 100)) << kind;
        EXPECT_EQ(reply.lines[0].find("secret"), std::string::npos) << kind;
    }
    EXPECT_EQ(reply_for(Error{Errc::io, ""}).code, 452);
    EXPECT_EQ(reply_for(Error{Errc::no_user, ""}).enhanced, "5.1.1");
    EXPECT_EQ(reply_for(Error{Errc::temporary, "", ServerReply{450, "4.2.0", "greylisted"}}).code, 450);
}

}  // namespace
}  // namespace mailpipe::smtp
