#include "mailpipe/email/relevancy.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mailpipe/email/sort.hpp"

namespace mailpipe::email {
namespace {

class Subject : public SearchSubject {
 public:
    explicit Subject(std::string octets) : text_(std::move(octets)) {}
    Result<std::string_view> header() override {
        return std::string_view(text_).substr(0, text_.find("\r\n\r\n") + 2);
    }
    Result<std::string_view> message() override { return std::string_view(text_); }
    Result<std::uint64_t> size() override { return text_.size(); }
    const std::vector<std::string>& keywords() const override { return keywords_; }
    std::time_t received_at() const override { return 0; }
    std::time_t now() const override { return 0; }
    std::uint32_t uid() const override { return 1; }

 private:
    std::string text_;
    std::vector<std::string> keywords_;
};

Query parsed(const std::string& query) {
    auto found = parse_imap_search(query);
    EXPECT_TRUE(found) << query;
    return *found;
}

int score(const std::string& query, const std::string& octets) {
    Subject subject(octets);
    EXPECT_TRUE(*matches(parsed(query), subject)) << query;
    return *relevancy(parsed(query), subject);
}

std::string with_subject(const std::string& subject, const std::string& body = "") {
    return "Subject: " + subject + "\r\n\r\n" + body;
}

TEST(Relevancy, PhrasesWordsAndBeginnings) {
    const std::string query = "FUZZY SUBJECT \"imap break\"";
    EXPECT_EQ(score(query, with_subject("IMAP br\u00e9ak")), 100);
    EXPECT_EQ(score(query, with_subject("break: imap")), 80);
    EXPECT_EQ(score(query, with_subject("imap breaks")), 60);
    EXPECT_EQ(score(query, with_subject("breaks imaps")), 40);
}

TEST(Relevancy, OtherWordsTakeSomeAway) {
    int last = 101;
    std::string subject = "imap";
    for (int i = 0; i < 3; ++i, subject += " is broken") {
        const int now = score("FUZZY SUBJECT imap", with_subject(subject));
        EXPECT_LT(now, last) << subject;
        last = now;
    }
    // Never as much as words apart do.
    EXPECT_GT(last, 80);
}

TEST(Relevancy, TheTextCountsLessThanTheHeader) {
    EXPECT_EQ(score("FUZZY TEXT world", with_subject("x", "World\r\n")), 50);
    EXPECT_EQ(score("FUZZY TEXT world", with_subject("World", "World\r\n")), 100);
    EXPECT_EQ(score("FUZZY BODY world", with_subject("x", "World\r\n")), 100);
}

TEST(Relevancy, KeysAreJoined) {
    const std::string message = with_subject("works", "a world\r\n");
    EXPECT_EQ(score("FUZZY SUBJECT work FUZZY BODY world", message), (60 + 91) / 2);
    EXPECT_EQ(score("FUZZY OR SUBJECT work BODY world", message), 91);
    EXPECT_EQ(score("FUZZY OR SUBJECT none BODY world", message), 91);
    EXPECT_EQ(score("SUBJECT WORKS FUZZY BODY world", message), 91);
    EXPECT_EQ(score("FUZZY NOT SUBJECT none", message), 100);
    EXPECT_EQ(score("FUZZY UNSEEN", message), 100);
}

TEST(Relevancy, NothingToLookFor) {
    for (const char* query : {"FUZZY SUBJECT \"\"", "FUZZY SUBJECT \"--\"", "FUZZY TEXT \"\""}) {
        const int now = score(query, with_subject(""));
        EXPECT_GE(now, 1) << query;
        EXPECT_LE(now, 100) << query;
    }
}

TEST(Relevancy, IsOfAFuzzySearchOnly) {
    for (const char* query : {"FUZZY SEEN", "NOT FUZZY SUBJECT x", "OR SEEN FUZZY (SUBJECT x FROM y)"})
        EXPECT_TRUE(is_fuzzy(parsed(query))) << query;
    for (const char* query : {"SEEN", "SUBJECT fuzzy", "OR SEEN SUBJECT x"})
        EXPECT_FALSE(is_fuzzy(parsed(query))) << query;
}

TEST(Relevancy, IsSortedByTheHighestFirst) {
    const auto program = parse_imap_sort("(RELEVANCY)");
    ASSERT_TRUE(program);
    EXPECT_TRUE(sorts_by_relevancy(*program));
    EXPECT_EQ(encode_sort(*program), "(RELEVANCY)");
    const auto high = sort_values(*program, {"", 0, 0, 100}), low = sort_values(*program, {"", 0, 0, 1});
    EXPECT_TRUE(sorts_before(*program, high, low));
    EXPECT_FALSE(sorts_before(*program, low, high));
    // A listing has no FUZZY.
    EXPECT_FALSE(parse_sort("RELEVANCY"));
}

}  // namespace
}  // namespace mailpipe::email
