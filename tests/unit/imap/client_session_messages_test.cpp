#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::at_selected;
using test::behind;
using test::client;
using test::play_split;
using test::server;
using test::operator+;
using Lines = std::vector<test::TranscriptLine>;
using Events = std::vector<std::string>;

constexpr const char* kFetch = "A3 UID FETCH 5:9 (UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])";

Events fetch_with(const Lines& replies) {
    const auto act = at_selected([](ClientSession& s) { s.uid_fetch("5:9", FetchBody::whole); });
    return behind(play_split(test::plain_options(), act, test::selected() + Lines{client(kFetch)} + replies),
                  "selected");
}

TEST(ImapFetch, BodyInAnyPlace) {
    const Events expected = {"body 2 size=7", "data a\r\n{3}\r", "fetched 2 uid=5 size=7 (\\Seen) d body",
                             "done fetch"};
    for (const char* reply : {
             "* 2 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 7 INTERNALDATE \"d\" BODY[] {7}\r\na\r\n{3}\r)",
             "* 2 FETCH (BODY[] {7}\r\na\r\n{3}\r UID 5 FLAGS (\\Seen) RFC822.SIZE 7 INTERNALDATE \"d\")",
             "* 2 fetch (flags (\\Seen) body[] ~{7}\r\na\r\n{3}\r rfc822.size 7 internaldate \"d\" uid 5)",
             "* 2 FETCH (INTERNALDATE {1}\r\nd BODY[] {7}\r\na\r\n{3}\r X-Y {2}\r\n)) UID 5 FLAGS (\\Seen) "
             "RFC822.SIZE 7)",
         }) {
        SCOPED_TRACE(reply);
        EXPECT_EQ(fetch_with({server(reply), server("A3 OK x")}), expected);
    }
}

TEST(ImapFetch, BodiesThatAreNoLiteral) {
    EXPECT_EQ(
        fetch_with({server("* 2 FETCH (UID 5 RFC822.SIZE 3 BODY[] \"a\\\"b\" FLAGS ())"), server("A3 OK x")}),
        (Events{"body 2 size=3", "data a\"b", "fetched 2 uid=5 size=3 () body", "done fetch"}));
    EXPECT_EQ(fetch_with({server("* 2 FETCH (UID 5 BODY[] \"\")"), server("A3 OK x")}),
              (Events{"body 2 size=0", "fetched 2 uid=5 size=? () body", "done fetch"}));
    EXPECT_EQ(fetch_with({server("* 2 FETCH (UID 5 BODY[] {0}\r\n)"), server("A3 OK x")}),
              (Events{"body 2 size=0", "fetched 2 uid=5 size=? () body", "done fetch"}));
    EXPECT_EQ(
        fetch_with({server("* 2 FETCH (BODY[] NIL UID 5)"), server("A3 NO [EXPUNGEISSUED] x")}),
        (Events{"fetched 2 uid=5 size=? ()", "refused fetch temporary: FETCH refused: [EXPUNGEISSUED] x"}));
}

TEST(ImapFetch, UnaskedUpdatesAreDropped) {
    EXPECT_EQ(
        fetch_with({server("* 1 FETCH (FLAGS (\\Seen))"), server("* 1 FETCH (UID 5 FLAGS (\\Seen) MODSEQ (9))"),
                    server("* 2 FETCH (UID 5 RFC822.SIZE 9 BODY[HEADER] {3}\r\nabc)"),
                    server("* 2 FETCH (UID 5 RFC822.SIZE 9 BODY[]<0> {3}\r\nabc)"), server("A3 OK x"),
                    server("* 2 FETCH (UID 5 RFC822.SIZE 9 BODY[] {3}\r\nabc)")}),
        Events{"done fetch"});
}

// threats.md: unexpected APPENDUID, a message without header: every response judged by what was asked
TEST(ImapFetch, BodyOfAnotherMessage) {
    EXPECT_EQ(fetch_with({server("* 1 FETCH (UID 4 BODY[] {1}\r\nx)")}),
              (Events{"body 1 size=1", "data x",
                      "failed protocol: FETCH response with the body of UID 4, which was not asked for"}));
    EXPECT_EQ(fetch_with({server("* 1 FETCH (UID 10 BODY[] NIL)")}),
              Events{"failed protocol: FETCH response with the body of UID 10, which was not asked for"});
    EXPECT_EQ(fetch_with({server("* 1 FETCH (BODY[] {0}\r\n)")}),
              (Events{"body 1 size=0", "failed protocol: FETCH response with a body and without the UID"}));
    const Events two = {"body 1 size=1", "data x",
                        "failed protocol: FETCH response with two bodies of one message"};
    EXPECT_EQ(fetch_with({server("* 1 FETCH (UID 5 BODY[] {1}\r\nx BODY[] {1}\r\ny)")}), two);
    EXPECT_EQ(fetch_with({server("* 1 FETCH (UID 5 BODY[] \"y\" BODY[] {1}\r\nx)")}), two);
}

TEST(ImapFetch, Malformed) {
    EXPECT_EQ(fetch_with({server("* 1 FETCH (UID 5 BODY[] x)")}),
              Events{"failed protocol: malformed response: body section nstring expected at octet 24"});
    EXPECT_EQ(fetch_with({server("* 1 FETCH")}),
              Events{"failed protocol: malformed response: SP expected at octet 9"});
    EXPECT_EQ(fetch_with({server("* 1 FETCH (X " + std::string(101, '(') + ")")}),
              Events{"failed limit: lists nested deeper than kImapNesting (100)"});
}

TEST(ImapFetch, HeadersAndWholeMessagesInFlight) {
    const auto act = at_selected([](ClientSession& s) {
        s.uid_fetch("5", FetchBody::header, false);
        s.uid_fetch("6", FetchBody::whole, false);
    });
    const Lines sent = {client("A3 UID FETCH 5 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])"),
                        client("A4 UID FETCH 6 (UID FLAGS RFC822.SIZE BODY.PEEK[])")};
    EXPECT_EQ(
        behind(play_split(test::plain_options(), act,
                          test::selected() + sent +
                              Lines{server("* 2 FETCH (UID 6 BODY[] {1}\r\nb)"), server("A4 OK x"),
                                    server("* 1 FETCH (UID 5 BODY[HEADER] {1}\r\na)"), server("A3 OK x")}),
               "selected"),
        (Events{"body 2 size=1", "data b", "fetched 2 uid=6 size=? () body", "done fetch", "body 1 size=1",
                "data a", "fetched 1 uid=5 size=? () body", "done fetch"}));
}

// threats.md: literals: huge, zero, quadratic, announced and not sent
TEST(ImapFetch, TenGigabytesAreOnlyAnnounced) {
    const Events events = fetch_with({{false, false, "* 2 FETCH (UID 5 BODY[] {10737418240}\r\nabc"}});
    EXPECT_EQ(events, (Events{"body 2 size=10737418240", "data abc"}));
}

TEST(ImapFetch, BodyDataIsAViewOfTheInput) {
    ClientSession session(test::plain_options());
    const auto until = [&session](std::string_view octets, std::size_t index) {
        session.feed(octets);
        ClientStep step = session.next();
        while (step.index() != index && !std::holds_alternative<wire::NeedInput>(step))
            step = session.next();
        return step;
    };
    constexpr std::size_t kData = ClientStep(BodyData{}).index();
    until("* OK [CAPABILITY X] x\r\n", 0);
    until("A1 OK [CAPABILITY X] x\r\n", 0);
    session.select("INBOX", true);
    until("", 0);
    until("A2 OK x\r\n", 0);
    session.uid_fetch("1", FetchBody::whole);
    until("", 0);
    until("* 1 FETCH (BODY[] {1000000}\r\n", 0);
    for (int i = 0; i < 10; ++i) {
        const ClientStep step = until(std::string(100'000, 'x'), kData);
        ASSERT_TRUE(std::holds_alternative<BodyData>(step));
        EXPECT_EQ(std::get<BodyData>(step).octets.size(), 100'000U);
    }
}

Events search_with(const Lines& replies) {
    const auto act = at_selected([](ClientSession& s) { s.uid_search("ALL"); });
    return behind(
        play_split(test::plain_options(), act, test::selected() + Lines{client("A3 UID SEARCH ALL")} + replies),
        "selected");
}

TEST(ImapSearch, Results) {
    struct Case {
        Lines replies;
        const char* event;
    };
    const Case cases[] = {
        {{server("* SEARCH 9 2 2 4294967295")}, "search 2 9 4294967295"},
        {{server("* SEARCH")}, "search"},
        {{}, "search"},
        {{server("* SEARCH 1"), server("* SEARCH 3 2")}, "search 1 2 3"},
        {{server("* SEARCH 1 (MODSEQ 917162500)")}, "search 1"},
        {{server("* SEARCH 1 ")}, "search 1"},
        {{server("* ESEARCH (TAG \"A3\") UID MIN 1 ALL 5,1:3 COUNT 4")}, "search 1 2 3 5"},
        {{server("* ESEARCH (TAG \"A3\") UID")}, "search"},
        {{server("* ESEARCH (TAG \"A2\") UID ALL 7")}, "search"},
        {{server("* ESEARCH (TAG \"A3\") ALL 7")}, "search"},
    };
    for (const Case& c : cases)
        EXPECT_EQ(search_with(c.replies + Lines{server("A3 OK x")}), Events{c.event});
}

// threats.md: nesting and sets: ranges never expanded (net-imap CVE-2025-25186)
TEST(ImapSearch, HugeSetIsRefused) {
    const Events limit{"failed limit: more search results than kListedMessages (5000000)"};
    EXPECT_EQ(search_with({server("* ESEARCH (TAG \"A3\") UID ALL 1:4294967295")}), limit);
    const auto act = at_selected([](ClientSession& s) { s.uid_search("ALL"); });
    const Lines lines = test::selected() + Lines{client("A3 UID SEARCH ALL"),
                                                 server("* ESEARCH (TAG \"A3\") UID ALL 1:5000000,1")};
    EXPECT_EQ(test::Dialogue(test::plain_options(), act).play(lines).back(), limit.back());
}

TEST(ImapSearch, Malformed) {
    for (const char* reply : {"* SEARCH x", "* SEARCH 4294967296", "* SEARCH 0", "* SEARCH 1,2", "* SEARCH -1",
                              "* ESEARCH (TAG A3) UID ALL 1", "* ESEARCH (TAG \"A3\") UID ALL 0:3",
                              "* ESEARCH (", "* ESEARCH (TAG \"A3\") UID ALL 1:"}) {
        const Events events = search_with({server(reply)});
        EXPECT_EQ(events.back().compare(0, 16, "failed protocol:"), 0) << reply << ": " << events.back();
    }
}

TEST(ImapSearch, LongerThanALine) {
    ClientSession session(test::plain_options());
    const auto drain = [&session] {
        ClientStep step = session.next();
        while (std::holds_alternative<wire::Output>(step) || std::holds_alternative<Ready>(step))
            step = session.next();
        return step;
    };
    session.feed("* OK [CAPABILITY X] x\r\n");
    drain();
    session.feed("A1 OK [CAPABILITY X] x\r\n");
    drain();
    session.select("INBOX", true);
    drain();
    session.feed("A2 OK x\r\n");
    ASSERT_TRUE(std::holds_alternative<Selected>(drain()));
    session.uid_search("ALL");
    std::string reply = "* SEARCH";
    for (int i = 1; i <= 300'000; ++i)
        reply += " " + std::to_string(i);
    ASSERT_GT(reply.size(), limits::kImapLine);
    session.feed(reply + "\r\nA3 OK x\r\n");
    const ClientStep step = drain();
    ASSERT_TRUE(std::holds_alternative<SearchResult>(step)) << std::visit(test::Describe{}, step);
    EXPECT_EQ(std::get<SearchResult>(step).uids.size(), 300'000U);
}

}  // namespace
}  // namespace mailpipe::imap
