#include "mailpipe/imap/client_session.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

TEST(ImapSession, FeedBeforeTheHandshakeFails) {
    ClientOptions options = test::plain_options();
    options.tls = TlsUse::starttls;
    ClientSession session(options);
    session.feed("* OK [CAPABILITY STARTTLS] x\r\n");
    EXPECT_TRUE(std::holds_alternative<wire::Output>(session.next()));
    session.feed("A1 OK go\r\n");
    EXPECT_TRUE(std::holds_alternative<wire::StartTls>(session.next()));
    EXPECT_TRUE(std::holds_alternative<wire::NeedInput>(session.next()));
    session.feed("* OK x\r\n");
    EXPECT_TRUE(std::holds_alternative<wire::Failed>(session.next()));
    EXPECT_TRUE(std::holds_alternative<wire::Failed>(session.next()));
}

TEST(ImapSession, EndOfTheStream) {
    struct Case {
        Lines lines;
        const char* event;
    };
    const auto fetch = test::at_selected([](ClientSession& s) { s.uid_fetch("1:*", FetchBody::whole); });
    const Lines asked =
        test::selected() + Lines{client("A3 UID FETCH 1:* (UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])")};
    const Case cases[] = {
        {{}, "failed protocol: truncated: the server closed the connection before its greeting"},
        {{{false, false, "* OK hel"}},
         "failed protocol: truncated: the server closed the connection inside of a response"},
        {{{false, false, "* SEA"}},
         "failed protocol: truncated: the server closed the connection inside of a response"},
        {asked,
         "failed protocol: truncated: the server closed the connection while the reply to FETCH was awaited"},
        {asked + Lines{{false, false, "* 1 FETCH (UID 1 BODY[] {5}\r\nab"}},
         "failed protocol: truncated: the server closed the connection with 3 octets of a literal missing"},
        {asked + Lines{{false, false, "* 1 FETCH (UID 1 BODY[] {2}\r\nab"}},
         "failed protocol: truncated: the server closed the connection inside of a response"},
        {asked + Lines{server("A3 OK done")},
         "failed protocol: truncated: the server closed the connection without BYE"},
    };
    for (const Case& c : cases)
        EXPECT_EQ(play_split(test::plain_options(), fetch, c.lines, true).back(), c.event);
}

TEST(ImapSession, Logout) {
    const auto at_ready = [](ClientSession& s, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) s.logout();
    };
    const Lines asked = test::logged_in() + Lines{client("A2 LOGOUT")};
    EXPECT_EQ(play_split(test::plain_options(), at_ready, asked + Lines{server("* BYE x"), server("A2 OK bye")})
                  .back(),
              "closed");
    EXPECT_EQ(play_split(test::plain_options(), at_ready, asked + Lines{server("* BYE x")}, true).back(),
              "closed");
    EXPECT_EQ(
        play_split(test::plain_options(), at_ready, asked, true).back(),
        "failed protocol: truncated: the server closed the connection while the reply to LOGOUT was awaited");
}

TEST(ImapSession, OutstandingCountsUntilTheAnswerIsTaken) {
    ClientSession session(test::plain_options());
    const auto next = [&session] { return std::visit(test::Describe{}, session.next()); };
    session.feed("* OK [CAPABILITY IMAP4rev1] x\r\n");
    EXPECT_EQ(next(), "output");
    session.feed("A1 OK [CAPABILITY IMAP4rev1] in\r\n");
    EXPECT_EQ(next(), "ready IMAP4REV1");
    EXPECT_EQ(session.outstanding(), 0U);
    session.select("INBOX", false);
    session.uid_search("ALL");
    EXPECT_EQ(session.outstanding(), 2U);
    EXPECT_EQ(next(), "output");
    session.feed("* OK [ALERT] a\r\nA2 NO x\r\n");
    EXPECT_EQ(next(), "alert a");
    EXPECT_EQ(session.outstanding(), 2U);
    EXPECT_EQ(next(), "refused select not_found: SELECT refused: x");
    EXPECT_EQ(session.outstanding(), 1U);
    EXPECT_EQ(next(), "refused search not_found: no mailbox is selected");
    EXPECT_EQ(session.outstanding(), 0U);
}

// Selects INBOX, searches all, fetches what was found, deletes and expunges it, logs out.
void whole_run(ClientSession& session, const ClientStep& step) {
    if (std::holds_alternative<Ready>(step)) session.select("INBOX", false);
    if (std::holds_alternative<Selected>(step)) session.uid_search("ALL");
    if (const auto* result = std::get_if<SearchResult>(&step)) {
        std::string set;
        for (const std::uint32_t uid : result->uids)
            set += (set.empty() ? "" : ",") + std::to_string(uid);
        session.uid_fetch(set, FetchBody::whole);
        session.uid_store(set, FlagAction::add, {"\\Deleted"});
        session.uid_expunge(set);
        session.logout();
    }
}

class Transcripts : public testing::TestWithParam<std::string> {};

TEST_P(Transcripts, PlaysThrough) {
    const std::string path =
        std::string(MAILPIPE_SOURCE_DIR) + "/tests/transcripts/imap/" + GetParam() + ".txt";
    const auto lines = mailpipe::test::read_transcript(path);
    ClientOptions options = test::plain_options();
    for (const auto& line : lines) {
        if (line.tls_starts) options.tls = TlsUse::starttls;
    }
    const Events events = play_split(options, whole_run, lines);
    EXPECT_EQ(events.back(), "closed");
    std::size_t bodies = 0;
    for (const std::string& event : events) {
        if (event.compare(0, 8, "fetched ") == 0 && event.find(" body") != std::string::npos) ++bodies;
    }
    EXPECT_GE(bodies, 1U);
}

std::vector<std::string> transcripts() {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(MAILPIPE_SOURCE_DIR) + "/tests/transcripts/imap")) {
        names.push_back(entry.path().stem().string());
    }
    return names;
}

INSTANTIATE_TEST_SUITE_P(Imap, Transcripts, testing::ValuesIn(transcripts()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace mailpipe::imap
