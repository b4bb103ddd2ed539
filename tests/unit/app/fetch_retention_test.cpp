#include "mailpipe/app/fetch/retention.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

constexpr std::int64_t kNow = 1'000'000;

// Oldest first: sizes 10, 20, 30, 40; delivered 400 s ago, 300 s ago, at a time that is not known, not yet.
std::string judged(const Retention& rules, bool second_removed = false) {
    const std::vector<Retained> messages{
        {10, kNow - 400, false}, {20, kNow - 300, second_removed}, {30, {}, false}, {40, {}, false}};
    std::string text;
    for (const bool goes : judge_retention(rules, messages, kNow))
        text += goes ? 'x' : '.';
    return text;
}

TEST(FetchRetention, EachRule) {
    EXPECT_EQ(judged({}), "....");
    Retention rules;
    rules.remove = true;
    EXPECT_EQ(judged(rules), "xxxx");
    rules = {};
    rules.remove_after = 300;
    EXPECT_EQ(judged(rules), "xx..");
    rules.remove_after = 301;
    EXPECT_EQ(judged(rules), "x...");
    rules = {};
    rules.keep_newest = 1;
    EXPECT_EQ(judged(rules), "xxx.");
    rules.keep_newest = 0;
    EXPECT_EQ(judged(rules), "xxxx");
    rules.keep_newest = 9;
    EXPECT_EQ(judged(rules), "....");
    rules = {};
    rules.keep_size = 70;
    EXPECT_EQ(judged(rules), "xx..");
    rules.keep_size = 89;
    EXPECT_EQ(judged(rules), "xx..");
    rules.keep_size = 90;
    EXPECT_EQ(judged(rules), "x...");
    rules = {};
    rules.remove_removed = true;
    EXPECT_EQ(judged(rules, true), ".x..");
}

TEST(FetchRetention, RulesThatKeepAreStronger) {
    Retention rules;
    rules.remove_after = 300;
    rules.keep_newest = 3;
    EXPECT_EQ(judged(rules), "x...");
    rules.keep_size = 100;
    EXPECT_EQ(judged(rules), "....");
    rules.remove = true;
    EXPECT_EQ(judged(rules), "....");
    rules.remove_removed = true;
    EXPECT_EQ(judged(rules, true), ".x..");
}

TEST(FetchRetention, ALimitOfWhatMayGo) {
    Retention rules;
    EXPECT_TRUE(check_delete_limit(rules, 100, 100));
    rules.limit = *parse_delete_limit("20%");
    EXPECT_TRUE(check_delete_limit(rules, 0, 0));
    EXPECT_TRUE(check_delete_limit(rules, 20, 100));
    EXPECT_FALSE(check_delete_limit(rules, 21, 100));
    rules.limit = *parse_delete_limit("5");
    EXPECT_TRUE(check_delete_limit(rules, 5, 5));
    const auto more = check_delete_limit(rules, 6, 1000);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, Errc::limit);
    EXPECT_EQ(
        more.error().message,
        "6 of 1000 messages were to be deleted from the server, more than --max-delete 5 allows: none was");
}

TEST(FetchRetention, Numbers) {
    for (const char* text : {"", "%", "101%", "-1", "x", "20 %", "1.5"})
        EXPECT_FALSE(parse_delete_limit(text)) << text;
    EXPECT_EQ(*parse_duration("14d"), 14 * 86'400);
    EXPECT_EQ(*parse_duration("2w"), 14 * 86'400);
    EXPECT_EQ(*parse_duration("90s"), 90);
    EXPECT_EQ(*parse_duration("15m"), 900);
    EXPECT_EQ(*parse_duration("0h"), 0);
    for (const char* text :
         {"", "d", "14", "14 d", "14D", "-1d", "1y", "99999999999999999999d", "999999999999999999d"})
        EXPECT_FALSE(parse_duration(text)) << text;
    EXPECT_EQ(*parse_size("0"), 0U);
    EXPECT_EQ(*parse_size("1000"), 1000U);
    EXPECT_EQ(*parse_size("500k"), 512'000U);
    EXPECT_EQ(*parse_size("2G"), 2ULL << 30U);
    for (const char* text : {"", "M", "1MB", "1T", "-5", "9999999999999G"})
        EXPECT_FALSE(parse_size(text)) << text;
}

}  // namespace
}  // namespace mailpipe::app
