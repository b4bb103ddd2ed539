#include <gtest/gtest.h>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

TEST(HeaderCollector, StopsBehindTheEmptyLine) {
    struct Case {
        std::string text;
        std::string header;
    };
    const Case cases[] = {
        {"A: b\r\n\r\nbody\r\n\r\n", "A: b\r\n\r\n"},
        {"\r\nbody", "\r\n"},
        {"A: b\r\nC: d", "A: b\r\nC: d"},
        {"A: b\n\nbody", "A: b\n\nbody"},
        {"", ""},
    };
    for (const Case& c : cases) {
        for (std::size_t piece = 1; piece <= c.text.size() + 1; ++piece) {
            HeaderCollector collector;
            for (std::size_t at = 0; at < c.text.size(); at += piece) {
                if (!collector.append(std::string_view(c.text).substr(at, piece))) break;
            }
            EXPECT_EQ(collector.take(), c.header) << "in pieces of " << piece;
        }
    }
}

TEST(HeaderCollector, HoldsAtMostKHeaderSize) {
    HeaderCollector collector;
    const std::string piece(1 << 20, 'a');
    int pieces = 1;
    while (collector.append(piece))
        ++pieces;
    EXPECT_EQ(pieces, 11);
    EXPECT_EQ(collector.take().size(), limits::kHeaderSize + 1);
}

email::Query parsed(const char* text) {
    return *email::parse_search(text);
}

using Need = Candidate::Need;

// What is asked for, in order, until there is a verdict; the last entry is it.
std::string asked(const char* query, Candidate candidate = {}) {
    std::string log;
    while (true) {
        const auto verdict = candidate.judge(query == nullptr ? email::Query() : parsed(query), true);
        if (!verdict) return log + "error";
        switch (verdict->need) {
            case Need::nothing:
                return log + (verdict->listed ? "yes" : "no");
            case Need::arrival:
                log += "arrival ";
                candidate.context.received_at = 0;
                candidate.is_dated_when_opened = false;
                break;
            case Need::size:
                log += "size ";
                candidate.context.size = 100;
                break;
            case Need::header:
                log += "header ";
                candidate.set_header("From: bob\r\nDate: Mon, 02 Nov 2026 10:00:00 +0100\r\n\r\n");
                break;
            case Need::message:
                log += "message ";
                candidate.set_message("From: bob\r\n\r\nlunch\r\n");
                break;
        }
    }
}

TEST(Candidate, AsksForNoMoreThanItNeeds) {
    EXPECT_EQ(asked(nullptr), "header size yes");
    EXPECT_EQ(asked("SEEN"), "no");
    EXPECT_EQ(asked("UNSEEN"), "header size yes");
    EXPECT_EQ(asked("LARGER 100"), "size no");
    EXPECT_EQ(asked("SMALLER 101"), "size header yes");
    EXPECT_EQ(asked("FROM bob"), "header size yes");
    EXPECT_EQ(asked("FROM carol TEXT lunch"), "header no");
    EXPECT_EQ(asked("FROM bob TEXT lunch"), "header message yes");
    EXPECT_EQ(asked("NOT BODY lunch"), "message no");
    EXPECT_EQ(asked("OR SEEN BODY lunch"), "message yes");
}

TEST(Candidate, ArrivalIsThatOfTheStoreOrTheTopmostReceived) {
    EXPECT_EQ(asked("SINCE 1-Nov-2026 BEFORE 3-Nov-2026"), "header size yes");
    EXPECT_EQ(asked("SINCE 3-Nov-2026"), "header no");
    Candidate unopened;
    unopened.is_dated_when_opened = true;
    EXPECT_EQ(asked("SINCE 1-Nov-2026", unopened), "arrival no");
    EXPECT_EQ(asked("BEFORE 1-Nov-2026", unopened), "arrival header size yes");
    Candidate stored;
    stored.context.received_at = 0;
    EXPECT_EQ(asked("ON 1-Jan-1970", stored), "header size yes");

    Candidate relayed;
    relayed.set_header(
        "Received: from a by b;\r\n\tTue, 03 Nov 2026 10:00:00 +0000\r\n"
        "Received: from x by a; Mon, 02 Nov 2026 10:00:00 +0000\r\nDate: Sun, 01 Nov 2026 10:00:00 "
        "+0000\r\n\r\n");
    EXPECT_EQ(asked("ON 3-Nov-2026", relayed), "size yes");
}

TEST(Candidate, SizeIsThatOfTheMessage) {
    Candidate candidate;
    candidate.set_message("A: b\r\n\r\nxyz\r\n");
    EXPECT_EQ(candidate.context.size, 13U);
    EXPECT_EQ(candidate.header_text(), "A: b\r\n\r\n");
}

}  // namespace
}  // namespace mailpipe::app
