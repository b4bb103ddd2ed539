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

constexpr std::string_view kIdle = "IMAP4rev1 IDLE";

// RFC 2177 section 4. DONE is sent when the mailbox grows, and the search goes out behind it.
TEST(ImapIdle, Dialogue) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", true);
        if (std::holds_alternative<Selected>(step)) {
            session.idle();
            session.uid_search("ALL");
        }
        if (std::holds_alternative<MailboxGrew>(step)) session.idle_done();
    };
    EXPECT_EQ(
        behind(play_split(test::plain_options(), act,
                          test::selected(kIdle) +
                              Lines{client("A3 IDLE"), server("+ idling"), server("* 2 EXPUNGE"),
                                    server("* 4 EXISTS"), client("DONE"), server("A3 OK IDLE terminated"),
                                    client("A4 UID SEARCH ALL"), server("* SEARCH 9"), server("A4 OK x")}),
               "selected"),
        (Events{"grew 4", "done idle", "search 9"}));
}

// Ended before the server has said that it watches: DONE alone would be a command.
TEST(ImapIdle, DoneWaitsForTheContinuation) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", true);
        if (std::holds_alternative<Selected>(step)) {
            session.idle();
            session.idle_done();
        }
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected(kIdle) + Lines{client("A3 IDLE"), server("+ idling"),
                                                              client("DONE"), server("A3 OK x")}),
                     "selected"),
              (Events{"done idle"}));
    EXPECT_EQ(behind(play_split(test::plain_options(), act,
                                test::selected(kIdle) + Lines{client("A3 IDLE"), server("A3 NO not now")}),
                     "selected"),
              (Events{"refused idle permanent: IDLE refused: not now"}));
    EXPECT_EQ(behind(play_split(test::plain_options(), act, test::selected("IMAP4rev1")), "selected"),
              (Events{"refused idle unsupported: IDLE is not offered by the server"}));
}

TEST(ImapIdle, ArrivalsAreCounted) {
    std::vector<std::uint64_t> counts;
    const auto act = [&counts](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", true);
        if (std::holds_alternative<Selected>(step)) {
            counts = {session.arrivals()};
            session.noop();
        }
        if (std::holds_alternative<CommandDone>(step)) counts.push_back(session.arrivals());
    };
    EXPECT_EQ(
        behind(play_split(test::plain_options(), act,
                          test::selected() + Lines{client("A3 NOOP"), server("* 4 EXISTS"), server("A3 OK x")}),
               "selected"),
        (Events{"done noop"}));
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{0, 1}));
}

TEST(ImapIdle, ASecondContinuationIsAnError) {
    const auto act = test::at_selected([](ClientSession& session) { session.idle(); });
    const auto events = behind(
        play_split(test::plain_options(), act,
                   test::selected(kIdle) + Lines{client("A3 IDLE"), server("+ idling"), server("+ again")}),
        "selected");
    EXPECT_EQ(events, (Events{"failed protocol: unexpected continuation request"}));
}

}  // namespace
}  // namespace mailpipe::imap
