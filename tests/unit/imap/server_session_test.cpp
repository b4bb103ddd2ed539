#include "mailpipe/imap/server/session.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/wire/deflate.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

using Events = std::vector<std::string>;

TEST(ServerSession, Greets) {
    Driver server;
    EXPECT_EQ(server.output,
              "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ENABLE ID SASL-IR AUTH=PLAIN AUTH=LOGIN] "
              "imap.example.org "
              "IMAP ready\r\n");
    Options options = loopback_options();
    options.login_without_tls = false;
    options.tls_available = true;
    Driver closed(options);
    EXPECT_EQ(closed.output,
              "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ENABLE ID STARTTLS LOGINDISABLED] "
              "imap.example.org IMAP ready\r\n");
}

TEST(ServerSession, LogsIn) {
    Driver server;
    const std::string said = server.talk("a LOGIN alice {6+}\r\nsecret\r\n");
    EXPECT_TRUE(said.starts_with("a OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ENABLE ID IDLE ")) << said;
    EXPECT_TRUE(said.ends_with("] Logged in\r\n")) << said;
    EXPECT_EQ(server.talk("b LOGIN alice secret\r\n"), "b BAD Command is not for this state\r\n");
}

TEST(ServerSession, AsksForLiterals) {
    Driver server;
    EXPECT_EQ(server.talk("a LOGIN {5}\r\n"), "+ Ready for the literal\r\n");
    EXPECT_EQ(server.talk("alice {6}\r\n"), "+ Ready for the literal\r\n");
    EXPECT_TRUE(server.talk("secret\r\n").starts_with("a OK "));
    EXPECT_EQ(server.events, Events{"login alice"});
}

TEST(ServerSession, Commands) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk("a NOOP\r\n"), "a OK Completed\r\n");
    EXPECT_EQ(server.talk("a FETCH 1 FLAGS\r\n"), "a BAD Command is not for this state\r\n");
    EXPECT_EQ(server.talk("b SELECT inbox\r\n"), "b OK Completed\r\n");
    EXPECT_EQ(std::get<Select>(server.commands.back()).mailbox, "INBOX");
    EXPECT_EQ(server.talk("c UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (To \"X-Y\")]<0.100>)\r\n"),
              "c OK Completed\r\n");
    const auto& fetch = std::get<Fetch>(server.commands.back());
    ASSERT_EQ(fetch.items.size(), 3U);
    EXPECT_EQ(fetch.items[2].label, "BODY[HEADER.FIELDS (To X-Y)]<0>");
    EXPECT_EQ(server.talk("d SEARCH SUBJECT \"a b\" UNSEEN\r\n"), "d OK Completed\r\n");
    EXPECT_EQ(server.talk("e LOGOUT\r\n"), "* BYE Logging out\r\ne OK Bye\r\n");
    EXPECT_EQ(server.events, Events{"quit"});
}

TEST(ServerSession, Appends) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk("a APPEND \"Sent\" (\\seen $x) \" 7-Feb-1994 21:52:25 -0800\" {5}\r\n"),
              "+ Ready for the message\r\n");
    EXPECT_EQ(server.events, (Events{"append Sent", "message \\Seen $x at 760686745", "literal 5"}));
    EXPECT_EQ(server.talk("hello\r\n"), "a OK [APPENDUID 1 2] Appended\r\n");
    EXPECT_EQ(server.events, (Events{"end", "done"}));
    EXPECT_EQ(server.appended, "hello");
}

TEST(ServerSession, Idles) {
    Driver server;
    server.select();
    EXPECT_EQ(server.talk("a IDLE\r\n"), "+ Idling\r\n");
    EXPECT_TRUE(server.session.idling());
    server.session.respond("* 5 EXISTS\r\n");
    server.drain();
    EXPECT_EQ(server.talk("done\r\n"), "a OK Idle completed\r\n");
    EXPECT_EQ(server.talk("a IDLE\r\n"), "+ Idling\r\n");
    EXPECT_EQ(server.talk("x NOOP\r\n"), "a BAD DONE expected\r\n");
    server.talk("a IDLE\r\n");
    server.output.clear();
    server.session.shut_down();
    server.drain();
    EXPECT_EQ(server.output, "* BYE [UNAVAILABLE] Server is shutting down\r\n");
}

TEST(ServerSession, Compresses) {
    Driver server;
    server.login();
    EXPECT_EQ(server.talk("a COMPRESS DEFLATE\r\n"), "a OK DEFLATE is active\r\n");
    wire::Deflate client;
    client.feed(server.talk(client.compress("b NOOP\r\n")));
    EXPECT_EQ(*client.inflate(), "b OK Completed\r\n");
    client.feed(server.talk(client.compress("c COMPRESS DEFLATE\r\n")));
    EXPECT_EQ(*client.inflate(), "c NO [COMPRESSIONACTIVE] Compression is active already\r\n");
    client.feed(server.talk(client.compress("d UNAUTHENTICATE\r\n")));
    EXPECT_EQ(*client.inflate(), "d OK Logged off\r\n");
    EXPECT_EQ(server.talk("e NOOP\r\n"), "e OK Nothing is done\r\n");
    server.feed("f LOGIN alice secret\r\ng COMPRESS DEFLATE\r\nh NOOP\r\n");
    EXPECT_TRUE(server.over);
    EXPECT_TRUE(server.events.back().starts_with("failed ")) << server.events.back();
}

}  // namespace
}  // namespace mailpipe::imap::server::test
