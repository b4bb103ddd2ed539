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

constexpr std::string_view kNotify = "IMAP4rev1 NOTIFY LITERAL+";

std::string told(ClientSession& session) {
    std::string out;
    for (const MailboxStatus& status : session.take_notices())
        out += test::Describe()(status) + ";";
    return out;
}

// RFC 5465 section 8. What it says of a mailbox that was not asked for is dropped, and the last word counts.
TEST(ImapNotify, Dialogue) {
    std::string first;
    std::string later;
    bool overflowed = true;
    const auto act = [&](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.notify({"INBOX", "B\xC3\xBCro"}, false);
        const auto* done = std::get_if<CommandDone>(&step);
        if (done != nullptr && done->command == Command::notify) {
            first = told(session);
            session.noop();
        } else if (done != nullptr) {
            later = told(session);
            overflowed = session.has_overflowed();
            EXPECT_EQ(told(session), "");
        }
    };
    EXPECT_EQ(behind(play_split(
                         test::plain_options(), act,
                         test::logged_in(kNotify) +
                             Lines{client("A2 NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew MessageExpunge)) "
                                          "(MAILBOXES (\"INBOX\" \"B&APw-ro\") (MessageNew MessageExpunge))"),
                                   server("* STATUS inbox (MESSAGES 1 UIDNEXT 2)"),
                                   server("* STATUS B&APw-ro (MESSAGES 3 UIDNEXT 4)"), server("A2 OK x"),
                                   client("A3 NOOP"), server("* STATUS never (MESSAGES 1)"),
                                   server("* STATUS B&APw-ro (MESSAGES 4 UIDNEXT 5)"),
                                   server("* STATUS B&APw-ro (MESSAGES 5 UIDNEXT 6)"), server("A3 OK x")}),
                     "ready"),
              (Events{"done notify", "done noop"}));
    EXPECT_EQ(first, "status B\xC3\xBCro 3 - 4 - -;status INBOX 1 - 2 - -;");
    EXPECT_EQ(later, "status B\xC3\xBCro 5 - 6 - -;");
    EXPECT_FALSE(overflowed);
}

// More names than a line holds: all that the user has, and only those that were meant are told of.
TEST(ImapNotify, ManyMailboxes) {
    std::string last;
    const auto act = [&](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) {
            std::vector<std::string> names;
            for (int n = 0; n < 2000; ++n)
                names.push_back("mailbox " + std::to_string(n));
            session.notify(names, false);
        }
        if (std::holds_alternative<CommandDone>(step)) last = told(session);
    };
    const auto lines = test::logged_in(kNotify) +
                       Lines{client("A2 NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew MessageExpunge)) "
                                    "(PERSONAL (MessageNew MessageExpunge))"),
                             server("* STATUS other (MESSAGES 1)"),
                             server("* STATUS \"mailbox 7\" (MESSAGES 1)"), server("A2 OK x")};
    EXPECT_EQ(behind(test::Dialogue(test::plain_options(), act).play(lines), "ready"), (Events{"done notify"}));
    EXPECT_EQ(last, "status mailbox 7 1 - - - -;");
}

TEST(ImapNotify, Overflow) {
    std::string last;
    bool overflowed = false;
    const auto act = [&](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.notify({"a"}, true);
        if (std::holds_alternative<CommandDone>(step)) {
            overflowed = session.has_overflowed();
            last = told(session);
        }
    };
    EXPECT_EQ(
        behind(play_split(test::plain_options(), act,
                          test::logged_in(kNotify) +
                              Lines{client("A2 NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew MessageExpunge "
                                           "FlagChange)) (MAILBOXES (\"a\") (MessageNew MessageExpunge "
                                           "FlagChange))"),
                                    server("* OK [NOTIFICATIONOVERFLOW] too much"),
                                    server("* STATUS a (MESSAGES 1)"), server("A2 OK x")}),
               "ready"),
        (Events{"done notify"}));
    EXPECT_TRUE(overflowed);
    EXPECT_EQ(last, "");
}

TEST(ImapNotify, Refusals) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.notify({"a"}, false);
    };
    EXPECT_EQ(behind(play_split(test::plain_options(), act, test::logged_in("IMAP4rev1")), "ready"),
              (Events{"refused notify unsupported: NOTIFY is not offered by the server"}));
    EXPECT_EQ(behind(play_split(
                         test::plain_options(), act,
                         test::logged_in(kNotify) +
                             Lines{client("A2 NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew MessageExpunge)) "
                                          "(MAILBOXES (\"a\") (MessageNew MessageExpunge))"),
                                   server("A2 NO [BADEVENT (MessageNew)] no")}),
                     "ready"),
              (Events{"refused notify permanent: NOTIFY refused: [BADEVENT] no"}));
}

}  // namespace
}  // namespace mailpipe::imap
