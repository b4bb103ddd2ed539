#include "mailpipe/app/fetch/router.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace mailpipe::app {
namespace {

constexpr std::size_t kOther = 99;

std::vector<Router::Rule> rules(const std::vector<std::string>& texts) {
    std::vector<Router::Rule> rules;
    for (const std::string& text : texts)
        rules.push_back({*email::parse_search(text), rules.size()});
    return rules;
}

// The target, and behind how many octets it was known; the text goes in pieces of `piece` octets.
struct Decision {
    std::size_t target = 0;
    std::size_t after = 0;
};
Decision decide(Router& router, const std::string& text, const Message& message, std::size_t piece) {
    router.begin();
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const auto target = router.append(std::string_view(text).substr(at, piece));
        if (!target) throw std::runtime_error(target.error().message);
        if (*target) return {**target, std::min(at + piece, text.size())};
    }
    const auto target = router.finish(message);
    if (!target) throw std::runtime_error(target.error().message);
    return {*target, text.size() + 1};
}

const std::string kText =
    "Received: from a by b; Mon, 02 Nov 2026 10:00:00 +0000\r\nFrom: Boss <boss@example.org>\r\n"
    "Date: Sun, 01 Nov 2026 10:00:00 +0000\r\nSubject: pay\r\n\r\nThe body says hello.\r\n";

TEST(FetchRouter, TheFirstRuleThatFits) {
    struct Row {
        std::vector<std::string> rules;
        std::size_t target;
        bool by_header;
    };
    for (const Row& row :
         {Row{{"FROM boss@"}, 0, true}, Row{{"FROM bob", "SUBJECT pay", "ALL"}, 1, true},
          Row{{"FROM bob", "SENTON 2-Nov-2026"}, kOther, true}, Row{{}, kOther, true},
          Row{{"FROM boss@ LARGER 1", "ALL"}, 0, false}, Row{{"NOT FROM boss@", "BODY hello"}, 1, false},
          Row{{"BODY goodbye", "FROM boss@"}, 1, false}, Row{{"FROM bob", "SMALLER 10"}, kOther, false},
          Row{{"SEEN", "FLAGGED"}, 1, false}, Row{{"UID 8:*", "UID 7"}, 1, false},
          Row{{"ON 3-Nov-2026"}, 0, false}, Row{{"OR TEXT says SEEN"}, 0, false}}) {
        Message message;
        message.number = 7;
        message.keywords = {"$flagged"};
        message.received_at = 1793700000;  // 3 November 2026
        Router router(rules(row.rules), kOther, true);
        for (std::size_t piece = 1; piece <= kText.size(); ++piece) {
            const Decision decision = decide(router, kText, message, piece);
            EXPECT_EQ(decision.target, row.target) << row.rules.front() << " in pieces of " << piece;
            EXPECT_EQ(decision.after <= kText.size(), row.by_header);
            if (piece == 1 && row.by_header) {
                EXPECT_EQ(decision.after, kText.find("The body"));
            }
        }
    }
}

TEST(FetchRouter, AMessageOfPop3HasNoFlagsAndNoUid) {
    Message message;
    message.number = 7;
    Router router(rules({"SEEN", "UID 7", "ON 3-Nov-2026", "ON 2-Nov-2026"}), kOther, false);
    EXPECT_EQ(decide(router, kText, message, 10).target, 3U) << "by its Received field";
}

TEST(FetchRouter, AMessageWithoutABodyOrAnEndOfItsHeader) {
    Router router(rules({"BODY x", "SUBJECT pay"}), kOther, true);
    EXPECT_EQ(decide(router, "Subject: pay\r\n", {}, 3).target, 1U);
    EXPECT_EQ(decide(router, "", {}, 3).target, kOther);
    EXPECT_EQ(decide(router, "\r\nSubject: pay\r\n", {}, 3).target, kOther);
    EXPECT_EQ(decide(router, "\r\nx\r\n", {}, 3).target, 0U) << "nothing is left of the message before";
}

// What is behind kSearchedOctets is not searched, and the size is that of all.
TEST(FetchRouter, ALargeMessage) {
    const std::string line(1022, 'y');
    std::string text = "Subject: large\r\n\r\n";
    while (text.size() < kSearchedOctets)
        text += line + "\r\n";
    text += "needle\r\n";
    Router router(rules({"BODY needle", "LARGER 67108870", "ALL"}), kOther, true);
    EXPECT_EQ(decide(router, text, {}, 1U << 20).target, 1U);
    EXPECT_EQ(router.text().size(), text.size());
}

}  // namespace
}  // namespace mailpipe::app
