#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "tests/unit/imap/dialogue.hpp"

namespace mailpipe::imap {
namespace {

using test::client;
using test::operator+;
using test::server;
using Events = std::vector<std::string>;
using Lines = std::vector<test::TranscriptLine>;

constexpr std::string_view kAll =
    "IMAP4rev1 LITERAL+ ESEARCH PARTIAL SORT SORT=DISPLAY THREAD=REFERENCES THREAD=ORDEREDSUBJECT";

// What comes behind Selected when `act` queues its commands there.
Events play(std::function<void(ClientSession&)> act, const Lines& lines, std::string_view capabilities = kAll) {
    return test::behind(test::play_split(test::plain_options(), test::at_selected(std::move(act)),
                                         test::selected(capabilities) + lines),
                        "selected");
}

TEST(ImapSearchReturn, All) {
    const auto act = [](ClientSession& s) { s.uid_search("UNSEEN"); };
    EXPECT_EQ(play(act, {client("A3 UID SEARCH RETURN (ALL) UNSEEN"),
                         server("* ESEARCH (TAG \"A3\") UID ALL 2,10:11"), server("A3 OK x")}),
              Events{"search 2 10 11"});
    EXPECT_EQ(play(act, {client("A3 UID SEARCH RETURN (ALL) UNSEEN"), server("* ESEARCH (TAG \"A3\") UID"),
                         server("A3 OK x")}),
              Events{"search"});
    // A server may answer with SEARCH nevertheless.
    EXPECT_EQ(
        play(act, {client("A3 UID SEARCH RETURN (ALL) UNSEEN"), server("* SEARCH 3 2"), server("A3 OK x")}),
        Events{"search 2 3"});
    EXPECT_EQ(
        play(act, {client("A3 UID SEARCH UNSEEN"), server("* SEARCH 3 2"), server("A3 OK x")}, "IMAP4rev1"),
        Events{"search 2 3"});
}

// An ESEARCH response of a mailbox as large could be longer than kImapLine, which a SEARCH response may be.
TEST(ImapSearchReturn, NotOfALargeMailbox) {
    for (const auto& [exists, sent] : std::vector<std::pair<std::string, std::string>>{
             {"95324", "A3 UID SEARCH RETURN (ALL) ALL"}, {"95325", "A3 UID SEARCH ALL"}}) {
        Lines lines = test::logged_in(kAll);
        lines = lines + Lines{client("A2 EXAMINE \"INBOX\""), server("* " + exists + " EXISTS"),
                              server("A2 OK x"), client(sent), server("A3 OK x")};
        const auto act = test::at_selected([](ClientSession& s) { s.uid_search("ALL"); });
        EXPECT_EQ(test::Dialogue(test::plain_options(), act).play(lines).back(), "search") << exists;
    }
    EXPECT_LE(95'324U * 11, limits::kImapLine);
}

TEST(ImapSearchReturn, Count) {
    const auto act = [](ClientSession& s) { s.uid_search_count("CHARSET UTF-8 SUBJECT {2}\r\n\xC3\xBC"); };
    const auto sent = client("A3 UID SEARCH RETURN (COUNT) CHARSET UTF-8 SUBJECT {2+}\r\n\xC3\xBC");
    EXPECT_EQ(play(act, {sent, server("* ESEARCH (TAG \"A3\") UID COUNT 17"), server("A3 OK x")}),
              Events{"count 17"});
    EXPECT_EQ(
        play(act, {sent, server("* ESEARCH (TAG \"A3\") UID ALL 1:4294967295 COUNT 0"), server("A3 OK x")}),
        Events{"count 0"});
    EXPECT_EQ(play(act, {sent, server("* ESEARCH (TAG \"A3\") UID"), server("A3 OK x")}),
              Events{"failed protocol: SEARCH RETURN (COUNT) answered without COUNT"});
    EXPECT_EQ(play(act, {}, "IMAP4rev1"),
              Events{"refused search unsupported: ESEARCH is not offered by the server"});
}

TEST(ImapSearchReturn, Partial) {
    const auto first = [](ClientSession& s) { s.uid_search_partial("ALL", 100, ClientSession::End::first); };
    const auto last = [](ClientSession& s) { s.uid_search_partial("ALL", 100, ClientSession::End::last); };
    EXPECT_EQ(play(first, {client("A3 UID SEARCH RETURN (PARTIAL 1:100) ALL"),
                           server("* ESEARCH (TAG \"A3\") UID PARTIAL (1:100 5,7:8)"), server("A3 OK x")}),
              Events{"search 5 7 8"});
    EXPECT_EQ(play(last, {client("A3 UID SEARCH RETURN (PARTIAL -1:-100) ALL"),
                          server("* ESEARCH (TAG \"A3\") UID PARTIAL (-1:-100 NIL)"), server("A3 OK x")}),
              Events{"search"});
    EXPECT_EQ(play(first, {client("A3 UID SEARCH RETURN (PARTIAL 1:100) ALL"), server("A3 OK x")},
                   "IMAP4rev1 ESEARCH CONTEXT=SEARCH"),
              Events{"search"});
    const Events refused{"refused search unsupported: PARTIAL is not offered by the server"};
    EXPECT_EQ(play(last, {}, "IMAP4rev1 ESEARCH CONTEXT=SEARCH"), refused);
    EXPECT_EQ(play(first, {}, "IMAP4rev1 ESEARCH"), refused);
}

// The tag says which of several commands a response answers.
TEST(ImapSearchReturn, InFlightTogether) {
    const auto act = [](ClientSession& s) {
        s.uid_search("SEEN");
        s.uid_search_count("SEEN");
    };
    EXPECT_EQ(play(act, {client("A3 UID SEARCH RETURN (ALL) SEEN"), client("A4 UID SEARCH RETURN (COUNT) SEEN"),
                         server("* ESEARCH (TAG \"A4\") UID COUNT 2"),
                         server("* ESEARCH (TAG \"A3\") UID ALL 4,9"), server("A4 OK x"), server("A3 OK x")}),
              (Events{"count 2", "search 4 9"}));
}

TEST(ImapSort, Results) {
    const auto act = [](ClientSession& s) { s.uid_sort("(SUBJECT REVERSE DATE)", "ALL"); };
    const auto sent = client("A3 UID SORT (SUBJECT REVERSE DATE) UTF-8 ALL");
    EXPECT_EQ(play(act, {sent, server("* SORT 2 84 882"), server("A3 OK x")}), Events{"sorted 2 84 882"});
    EXPECT_EQ(play(act, {sent, server("* SORT 5 3 4 1 2"), server("A3 OK x")}), Events{"sorted 5 3 4 1 2"});
    EXPECT_EQ(play(act, {sent, server("* sort 5 3 (MODSEQ 17)"), server("A3 OK x")}), Events{"sorted 5 3"});
    EXPECT_EQ(play(act, {sent, server("* SORT"), server("A3 OK x")}), Events{"sorted"});
    EXPECT_EQ(play(act, {sent, server("* SORT 5 3 5"), server("A3 OK x")}),
              Events{"failed protocol: SORT response with one UID twice"});
    EXPECT_EQ(play(act, {sent, server("A3 BAD no")}), Events{"refused sort protocol: SORT refused: no"});
    for (const char* numbers : {" x", " 0", " 4294967296", " 1:3"}) {
        const Events events = play(act, {sent, server("* SORT" + std::string(numbers))});
        EXPECT_EQ(events.back().substr(0, 16), "failed protocol:") << numbers;
    }
}

TEST(ImapSort, NeedsTheCapability) {
    const auto names = [](ClientSession& s) { s.uid_sort("(DISPLAYFROM)", "ALL"); };
    const auto dates = [](ClientSession& s) { s.uid_sort("(DATE)", "ALL"); };
    EXPECT_EQ(play(names, {}, "IMAP4rev1 SORT"),
              Events{"refused sort unsupported: SORT=DISPLAY is not offered by the server"});
    EXPECT_EQ(play(dates, {}, "IMAP4rev1"),
              Events{"refused sort unsupported: SORT is not offered by the server"});
    EXPECT_EQ(play(names, {client("A3 UID SORT (DISPLAYFROM) UTF-8 ALL"), server("A3 OK x")}),
              Events{"sorted"});
}

TEST(ImapThread, Results) {
    const auto act = [](ClientSession& s) { s.uid_thread("REFERENCES", "SUBJECT \"x\""); };
    const auto sent = client("A3 UID THREAD REFERENCES UTF-8 SUBJECT \"x\"");
    EXPECT_EQ(play(act, {sent, server("* THREAD (2)(3 6 (4 23)(44 7 96))"), server("A3 OK x")}),
              Events{"threads 2@0 3@0 6@1 4@2 23@3 44@2 7@3 96@4"});
    EXPECT_EQ(play(act, {sent, server("* THREAD ((3)(5))"), server("A3 OK x")}), Events{"threads 0@0 3@1 5@1"});
    EXPECT_EQ(play(act, {sent, server("* THREAD"), server("A3 OK x")}), Events{"threads"});
    EXPECT_EQ(play(act, {sent, server("A3 OK x")}), Events{"threads"});
    EXPECT_EQ(play(act, {sent, server("* THREAD (1)(1)"), server("A3 OK x")}),
              Events{"failed protocol: THREAD response with one UID twice"});
    EXPECT_EQ(play(act, {sent, server("* THREAD (1"), server("A3 OK x")}),
              Events{"failed protocol: malformed THREAD response: a list is not closed"});
    EXPECT_EQ(play(act, {sent, server("* THREAD (1 2"), server("* THREAD 3)"), server("A3 OK x")}).front(),
              "threads 1@0 2@1 3@2");
    EXPECT_EQ(play(act, {}, "IMAP4rev1 THREAD=ORDEREDSUBJECT"),
              Events{"refused thread unsupported: THREAD=REFERENCES is not offered by the server"});
}

// Nobody has asked.
TEST(ImapThread, UnaskedIsPassedOver) {
    const auto act = [](ClientSession& s) { s.uid_search("ALL"); };
    EXPECT_EQ(play(act, {client("A3 UID SEARCH RETURN (ALL) ALL"), server("* SORT 3 1"), server("* THREAD ((("),
                         server("* ESEARCH (TAG \"A3\") UID ALL 1"), server("A3 OK x")}),
              Events{"search 1"});
}

// Longer than kImapLine, in one line.
TEST(ImapThread, LongResponses) {
    std::string sorted;
    std::string threads;
    std::string uids;
    std::string depths;
    for (int uid = 200'000; uid > 0; --uid) {
        sorted += " " + std::to_string(uid);
        threads += "(" + std::to_string(uid) + ")";
        uids += " " + std::to_string(uid);
        depths += " " + std::to_string(uid) + "@0";
    }
    ASSERT_GT(sorted.size(), limits::kImapLine);
    const auto act = test::at_selected([](ClientSession& s) {
        s.uid_sort("(DATE)", "ALL");
        s.uid_thread("REFERENCES", "ALL");
    });
    const Lines lines = test::selected(kAll) + Lines{client("A3 UID SORT (DATE) UTF-8 ALL"),
                                                     client("A4 UID THREAD REFERENCES UTF-8 ALL"),
                                                     server("* SORT" + sorted),
                                                     server("A3 OK x"),
                                                     server("* THREAD " + threads),
                                                     server("A4 OK x")};
    for (const std::size_t split : {test::kWhole, std::size_t{500'000}, std::size_t{2'000'000}}) {
        const Events events =
            test::behind(test::Dialogue(test::plain_options(), act, split).play(lines), "selected");
        ASSERT_EQ(events.size(), 2U);
        EXPECT_TRUE(events[0] == "sorted" + uids);
        EXPECT_TRUE(events[1] == "threads" + depths);
    }
}

}  // namespace
}  // namespace mailpipe::imap
