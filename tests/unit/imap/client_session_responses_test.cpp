#include <gtest/gtest.h>

#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

Events select_with(const Lines& replies, bool read_only = false) {
    const auto act = [read_only](ClientSession& s, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) s.select("INBOX", read_only);
    };
    Lines lines = test::logged_in() + Lines{client(read_only ? "A2 EXAMINE \"INBOX\"" : "A2 SELECT \"INBOX\"")};
    return test::behind(play_split(test::plain_options(), act, lines + replies), "ready");
}

TEST(ImapResponses, Selected) {
    EXPECT_EQ(select_with({server("* FLAGS (\\Answered \\Seen)"), server("* OK [PERMANENTFLAGS (\\*)] x"),
                           server("* 172 EXISTS"), server("* 1 RECENT"), server("* OK [UNSEEN 12] x"),
                           server("* OK [UIDVALIDITY 3857529045] x"), server("* OK [UIDNEXT 4392] x"),
                           server("A2 OK [READ-WRITE] done")}),
              Events{"selected INBOX exists=172 validity=3857529045 next=4392"});
    EXPECT_EQ(select_with({server("A2 OK [READ-ONLY] done")}),
              Events{"selected INBOX exists=0 validity=0 next=0 read-only"});
    EXPECT_EQ(select_with({server("* NO [UIDNOTSTICKY] x"), server("A2 OK done")}, true),
              Events{"selected INBOX exists=0 validity=0 next=0 read-only not-sticky"});
    EXPECT_EQ(
        select_with({server("* OK [UIDVALIDITY 4294967296] x"), server("* OK [UIDNEXT] x"), server("A2 OK x")}),
        Events{"selected INBOX exists=0 validity=0 next=0"});
}

TEST(ImapResponses, Alert) {
    EXPECT_EQ(select_with({server("* NO [ALERT] disk nearly full"), server("* OK [alert] {5}"),
                           server("A2 NO [ALERT] x")}),
              (Events{"alert disk nearly full", "alert {5}", "alert x",
                      "refused select not_found: SELECT refused: [ALERT] x"}));
}

TEST(ImapResponses, ByeAtAnyTime) {
    EXPECT_EQ(select_with({server("* 3 EXISTS"), server("* BYE going down"), server("A2 OK x")}),
              Events{"failed temporary: the server ends the connection: going down"});
    EXPECT_EQ(select_with({server("* BYE [CONTACTADMIN] off")}),
              Events{"failed unavailable: the server ends the connection: [CONTACTADMIN] off"});
}

TEST(ImapResponses, WhatNobodyAskedForIsDropped) {
    EXPECT_EQ(select_with({server("* LIST () \"/\" {3}\r\nabc"), server("* STATUS x (MESSAGES 1)"),
                           server("* VANISHED 1:3"), server("* 7 FETCH (FLAGS (\\Seen))"),
                           server("* 7 FETCH (UID 1 RFC822.SIZE 3 BODY[] {3}\r\nabc)"), server("* SEARCH 1 2"),
                           server("* ESEARCH (TAG \"A9\") UID ALL 1:3"), server("* 3 EXPUNGE"), server("* X"),
                           server("* "), server("A2 OK x")}),
              Events{"selected INBOX exists=0 validity=0 next=0"});
}

TEST(ImapResponses, Malformed) {
    EXPECT_EQ(select_with({server("* 99999999999 EXISTS")}),
              Events{"failed protocol: malformed response: message number expected at octet 2"});
    EXPECT_EQ(select_with({server("* 7")}),
              Events{"failed protocol: malformed response: SP expected at octet 3"});
    EXPECT_EQ(select_with({server("")}), Events{"failed protocol: malformed response: \"\""});
    EXPECT_EQ(select_with({server("+ ")}), Events{"failed protocol: unexpected continuation request"});
}

// threats.md: literals: huge, zero, quadratic, announced and not sent
TEST(ImapResponses, HugeLiteralsAreRefused) {
    EXPECT_EQ(
        select_with({{false, false, "* LIST () \"/\" {4294967296}\r\n"}}),
        Events{"failed limit: literals of 4294967296 octets that are no body: more than kImapLiteralBuffered "
               "(1048576 octets)"});
    EXPECT_EQ(select_with({server("* X {0}\r\n {0}\r\n"), server("A2 OK x")}),
              Events{"selected INBOX exists=0 validity=0 next=0"});
    // Together they are limited as one is.
    const std::string half(600'000, 'x');
    const auto act = [](ClientSession& s, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) s.select("INBOX", true);
    };
    const auto events =
        test::Dialogue(test::plain_options(), act)
            .play(test::selected() + Lines{server("* X {600000}\r\n" + half + " {600000}\r\n" + half)});
    EXPECT_NE(events.back().find("kImapLiteralBuffered"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::imap
