#include <gtest/gtest.h>

#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::behind;
using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

constexpr std::string_view kQresync = "IMAP4rev1 ENABLE CONDSTORE QRESYNC";

Events at_ready(const std::function<void(ClientSession&)>& act, std::string_view capabilities,
                const Lines& lines) {
    const auto on_event = [act](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) act(session);
    };
    return behind(play_split(test::plain_options(), on_event, test::logged_in(capabilities) + lines), "ready");
}

void resync(ClientSession& session) {
    session.enable({"QRESYNC", "X-NEVER"});
    session.select("INBOX", true, SelectNews::resync, {17, 90});
}

// RFC 7162 section 3.2.5.1, in one flight.
TEST(ImapResync, Dialogue) {
    EXPECT_EQ(at_ready(resync, kQresync,
                       {client("A2 ENABLE QRESYNC"), client("A3 EXAMINE \"INBOX\" (QRESYNC (17 90))"),
                        server("* ENABLED QRESYNC CONDSTORE"), server("A2 OK done"), server("* 3 EXISTS"),
                        server("* OK [UIDVALIDITY 17] x"), server("* OK [UIDNEXT 30] x"),
                        server("* OK [HIGHESTMODSEQ 9223372036854775807] x"),
                        server("* VANISHED (EARLIER) 1:2,9,7:5"),
                        server("* 2 FETCH (UID 8 MODSEQ (92) FLAGS (\\seen))"),
                        server("* 3 FETCH (UID 10 FLAGS () MODSEQ (0))"), server("A3 OK [READ-ONLY] x")}),
              (Events{"done enable",
                      "selected INBOX exists=3 validity=17 next=30 read-only "
                      "modseq=9223372036854775807 resynced -1:2 -9:9 -5:7 8seen 10unseen"}));
}

TEST(ImapResync, WhatIsAskedForIsWhatIsOffered) {
    const auto select = [](SelectNews news, MailboxPast past) {
        return [news, past](ClientSession& session) { session.select("a", false, news, past); };
    };
    const Lines answer{server("* OK [UIDVALIDITY 17] x"), server("* OK [HIGHESTMODSEQ 5] x"),
                       server("A2 OK x")};
    const Events told{"selected a exists=0 validity=17 next=0 modseq=5"};
    EXPECT_EQ(at_ready(select(SelectNews::modseq, {}), kQresync,
                       Lines{client("A2 SELECT \"a\" (CONDSTORE)")} + answer),
              told);
    EXPECT_EQ(at_ready(select(SelectNews::resync, {17, 0}), "IMAP4rev1 CONDSTORE",
                       Lines{client("A2 SELECT \"a\" (CONDSTORE)")} + answer),
              told);
    EXPECT_EQ(at_ready(select(SelectNews::resync, {17, 4}), "IMAP4rev1 CONDSTORE",
                       Lines{client("A2 SELECT \"a\" (CONDSTORE)")} + answer),
              told);
    EXPECT_EQ(
        at_ready(select(SelectNews::resync, {17, 4}), "IMAP4rev1", Lines{client("A2 SELECT \"a\"")} + answer),
        told);
    EXPECT_EQ(at_ready([](ClientSession& session) { session.enable({"QRESYNC"}); }, "IMAP4rev1", {}),
              (Events{"refused enable unsupported: nothing that could be enabled is offered by the server"}));
}

// What cannot be a mod-sequence-value is none.
TEST(ImapResync, NoModseq) {
    for (const char* code :
         {"NOMODSEQ", "HIGHESTMODSEQ 0", "HIGHESTMODSEQ -1", "HIGHESTMODSEQ x", "HIGHESTMODSEQ",
          "HIGHESTMODSEQ 9223372036854775808", "HIGHESTMODSEQ 99999999999999999999999"}) {
        EXPECT_EQ(
            at_ready([](ClientSession& session) { session.select("a", false, SelectNews::modseq); }, kQresync,
                     {client("A2 SELECT \"a\" (CONDSTORE)"), server("* OK [" + std::string(code) + "] x"),
                      server("A2 OK x")}),
            (Events{"selected a exists=0 validity=0 next=0"}))
            << code;
    }
}

// It may have taken the parameter and have told of nothing.
TEST(ImapResync, NotEnabledIsNotResynced) {
    EXPECT_EQ(at_ready(resync, kQresync,
                       {client("A2 ENABLE QRESYNC"), client("A3 EXAMINE \"INBOX\" (QRESYNC (17 90))"),
                        server("* ENABLED CONDSTORE"), server("A2 OK done"),
                        server("* OK [HIGHESTMODSEQ 95] x"), server("A3 OK x")}),
              (Events{"done enable", "selected INBOX exists=0 validity=0 next=0 read-only modseq=95"}));
}

// RFC 7162 section 3.2.11: before CLOSED all is about the mailbox that was selected until now.
TEST(ImapResync, NewsOfTheMailboxBefore) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", true);
        const auto* selected = std::get_if<Selected>(&step);
        if (selected != nullptr && selected->mailbox == "INBOX")
            session.select("b", true, SelectNews::resync, {3, 4});
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected(kQresync) +
                                    Lines{client("A3 EXAMINE \"b\" (QRESYNC (3 4))"),
                                          server("* 1 FETCH (UID 1 FLAGS (\\Seen))"),
                                          server("* VANISHED (EARLIER) 7"), server("* OK [CLOSED] x"),
                                          server("* OK [HIGHESTMODSEQ 6] x"), server("* VANISHED 8"),
                                          server("* 2 FETCH (UID 2 FLAGS (\\Seen))"), server("A3 OK x")}),
                     "selected"),
              (Events{"selected b exists=0 validity=0 next=0 read-only modseq=6 2seen"}));
}

TEST(ImapResync, Hostile) {
    const auto said = [](std::string_view line) {
        return at_ready(resync, kQresync,
                        {client("A2 ENABLE QRESYNC"), client("A3 EXAMINE \"INBOX\" (QRESYNC (17 90))"),
                         server("A2 NO no"), server(line), server("A3 OK x")});
    };
    for (const char* line : {"* VANISHED (EARLIER) 0", "* VANISHED (EARLIER) 1:4294967296",
                             "* VANISHED (EARLIER) *", "* VANISHED (EARLIER) 1,,2", "* VANISHED (EARLIER) "}) {
        EXPECT_TRUE(said(line).back().starts_with("failed protocol: malformed VANISHED response: ")) << line;
    }
    // Unasked ones, and those that say nothing, are passed over.
    for (const char* line :
         {"* VANISHED", "* VANISHED 1", "* VANISHED (LATER) 1", "* ENABLED", "* ENABLED X"}) {
        EXPECT_EQ(said(line).back(), "selected INBOX exists=0 validity=0 next=0 read-only") << line;
    }
}

}  // namespace
}  // namespace mailpipe::imap
