#include "mailpipe/email/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace mailpipe::email {
namespace {

struct Mail {
    std::string header;
    std::int64_t received_at = 0;
    std::uint64_t size = 0;
};

// Numbers from 1, as SORT answers.
std::vector<int> sorted(const std::string& keys, const std::vector<Mail>& mails) {
    const auto program = parse_sort(keys);
    EXPECT_TRUE(program) << keys;
    std::vector<std::vector<SortValue>> values;
    for (const Mail& mail : mails)
        values.push_back(sort_values(*program, {mail.header, mail.received_at, mail.size}));
    std::vector<int> order(mails.size());
    std::iota(order.begin(), order.end(), 1);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return sorts_before(*program, values[static_cast<std::size_t>(a - 1)],
                            values[static_cast<std::size_t>(b - 1)]);
    });
    return order;
}

using Order = std::vector<int>;

const std::vector<Mail> kMails = {
    {"From: Zoe <bob@x>\r\nTo: c@x\r\nSubject: Re: b\r\nDate: Tue, 01 Nov 2022 10:00:00 +0000\r\n\r\n", 30, 10},
    {"From: alice@x\r\nTo: friends: d@x;\r\nCc: q@x\r\nSubject: [l] A\r\n"
     "Date: Tue, 01 Nov 2022 10:30:00 +0200\r\n\r\n",
     10, 30},
    {"From: =?utf-8?q?=C3=A9va?= <Carl@x>, z@x\r\nTo: <a@x>\r\nSubject: fwd: c\r\n\r\n", 20, 20},
};

TEST(Sort, EachKey) {
    EXPECT_EQ(sorted("ARRIVAL", kMails), (Order{2, 3, 1}));
    EXPECT_EQ(sorted("REVERSE ARRIVAL", kMails), (Order{1, 3, 2}));
    EXPECT_EQ(sorted("SIZE", kMails), (Order{1, 3, 2}));
    EXPECT_EQ(sorted("SUBJECT", kMails), (Order{2, 1, 3}));
    EXPECT_EQ(sorted("FROM", kMails), (Order{2, 1, 3}));
    EXPECT_EQ(sorted("TO", kMails), (Order{3, 1, 2}));
    EXPECT_EQ(sorted("CC", kMails), (Order{1, 3, 2}));
    // In UTC; a message without Date counts as of when it arrived (RFC 5256 section 2.2).
    EXPECT_EQ(sorted("DATE", kMails), (Order{3, 2, 1}));
    // RFC 5957: the name, else the address; E with an accent stands behind E, before F.
    EXPECT_EQ(sorted("DISPLAYFROM", kMails), (Order{2, 3, 1}));
    EXPECT_EQ(sorted("DISPLAYTO", kMails), (Order{3, 1, 2}));
}

TEST(Sort, KeysInTurnAndTiesInTheOrderOfTheMailbox) {
    const std::vector<Mail> mails = {{"Subject: x\r\n\r\n", 1, 5},
                                     {"Subject: Re: X\r\n\r\n", 2, 5},
                                     {"Subject: [y] x\r\n\r\n", 3, 1},
                                     {"Subject: a\r\n\r\n", 4, 9}};
    EXPECT_EQ(sorted("SUBJECT", mails), (Order{4, 1, 2, 3}));
    EXPECT_EQ(sorted("REVERSE SUBJECT", mails), (Order{1, 2, 3, 4}));
    EXPECT_EQ(sorted("SUBJECT REVERSE SIZE REVERSE ARRIVAL", mails), (Order{4, 2, 1, 3}));
    EXPECT_EQ(sorted("(SUBJECT SIZE)", mails), (Order{4, 3, 1, 2}));
}

TEST(Sort, Grammar) {
    for (const char* text : {"(SUBJECT REVERSE DATE)", "(REVERSE SIZE)", "(DISPLAYFROM CC)"})
        EXPECT_EQ(encode_sort(*parse_sort(text)), text);
    EXPECT_EQ(encode_sort(*parse_sort("  reverse  date subject ")), "(REVERSE DATE SUBJECT)");
    EXPECT_TRUE(needs_display_names(*parse_sort("DATE DISPLAYTO")));
    EXPECT_FALSE(needs_display_names(*parse_sort("FROM")));
    for (const char* text :
         {"", "()", "REVERSE", "DATE REVERSE", "REVERSE REVERSE DATE", "COLOUR", "(DATE", "DATE)"})
        EXPECT_EQ(parse_sort(text).error().kind, Errc::usage) << text;
    EXPECT_NE(parse_sort("DATE COLOUR").error().message.find("\"COLOUR\" at offset 5"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::email
