#include <gtest/gtest.h>

#include "mailpipe/email/search.hpp"

namespace mailpipe::email {
namespace {

class Subject : public SearchSubject {
 public:
    Result<std::string_view> header() override {
        ++headers_read;
        return std::string_view(text);
    }
    Result<std::string_view> message() override { return std::string_view(text); }
    Result<std::uint64_t> size() override { return text.size(); }
    const std::vector<std::string>& keywords() const override { return flags; }
    std::time_t received_at() const override { return 1'795'518'706; }  // 24-Nov-2026
    std::time_t now() const override { return received_at(); }
    std::uint32_t uid() const override { return 50; }
    std::optional<std::string_view> kept_header(std::string_view name) override {
        if (name == "Subject" || name == "Date") return kept;
        return std::nullopt;
    }
    std::uint32_t largest_uid() const override { return largest; }
    std::uint32_t largest_number() const override { return 5; }
    std::uint32_t number() const override { return 5; }
    bool is_saved() const override { return saved; }
    std::uint64_t modseq() const override { return 620162338; }
    std::optional<std::time_t> saved_at() const override { return save_date; }
    Result<std::string> email_id() override { return std::string("M6d99ac3275bb4e"); }
    Result<std::string> thread_id() override { return std::string("T64b478a75b7ea9"); }

    std::string text = "Subject: Caf\u00e9 d\u00e9j\u00e0 vu\r\nX-Rare: 1\r\n\r\nThe quick brown fox\r\n";
    std::string kept = "Subject: kept\r\n\r\n";
    std::vector<std::string> flags = {"$recent"};
    std::uint32_t largest = 50;
    bool saved = false;
    std::optional<std::time_t> save_date;
    int headers_read = 0;
};

bool found(const std::string& query, Subject& subject) {
    const auto parsed = parse_imap_search(query);
    EXPECT_TRUE(parsed) << query << ": " << (parsed ? "" : parsed.error().message);
    return parsed && *matches(*parsed, subject);
}

struct Row {
    std::string query;
    bool matches;
};

TEST(SearchImap, Matches) {
    const Row rows[] = {
        {"5", true},
        {"1:4", false},
        {"1,3:4,*", true},
        {"*", true},
        {"9:*", true},  // RFC 9051 section 9: the order of a seq-range makes no difference
        {"6:9", false},
        {"UID *", true},
        {"UID 60:*", true},
        {"UID 51:60", false},
        {"UID 1:10,40:50,90", true},
        {"NOT 5", false},
        {"NEW", true},
        {"OLD", false},
        {"RECENT", true},
        // RFC 7162 section 3.1.5
        {"MODSEQ \"/flags/\\\\draft\" all 620162338", true},
        {"OR NOT MODSEQ 720162338 LARGER 50000", true},
        {"MODSEQ 620162339", false},
        {"MODSEQ 0", true},
        // RFC 8474 section 5.3
        {"EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9", true},
        {"EMAILID m6d99ac3275bb4e", false},
        // Literals
        {"SUBJECT {4}\r\nkept", true},
        {"SUBJECT {4+}\r\nkept UNSEEN", true},
        {"HEADER {6}\r\nX-Rare {1}\r\n1", true},
        {"TEXT {9}\r\nquick bro", true},
        {"(SUBJECT {4}\r\nkept)", true},
        // RFC 6203
        {"FUZZY TEXT \"deja vu\"", true},
        {"TEXT \"deja vu\"", false},
        {"FUZZY TEXT \"fox QUI\"", true},
        {"FUZZY TEXT uick", false},
        {"FUZZY (TEXT deja NOT BODY deja)", true},
        {"FUZZY 5", true},
    };
    for (const Row& row : rows) {
        Subject subject;
        EXPECT_EQ(found(row.query, subject), row.matches) << row.query;
    }
}

// RFC 5182: the subject says which messages the saved result holds.
TEST(SearchImap, Saved) {
    for (const char* query : {"$", "UID $", "OR $ FLAGGED"}) {
        Subject subject;
        EXPECT_FALSE(found(query, subject)) << query;
        subject.saved = true;
        EXPECT_TRUE(found(query, subject)) << query;
    }
}

// RFC 8514 section 4.3.
TEST(SearchImap, SaveDate) {
    Subject subject;
    EXPECT_TRUE(found("SAVEDON 24-Nov-2026", subject));  // that of arrival
    EXPECT_FALSE(found("SAVEDATESUPPORTED", subject));
    subject.save_date = subject.received_at() + 86'400;
    EXPECT_TRUE(found("SAVEDATESUPPORTED", subject));
    EXPECT_TRUE(found("SAVEDON 25-Nov-2026 SAVEDSINCE 25-Nov-2026", subject));
    EXPECT_FALSE(found("SAVEDBEFORE 25-Nov-2026", subject));
}

TEST(SearchImap, StarOfAnEmptyOrUnknownMailboxIsNobody) {
    Subject subject;
    subject.largest = 0;
    EXPECT_FALSE(found("UID 60:*", subject));
    EXPECT_TRUE(found("UID 50:*", subject));
}

TEST(SearchImap, KeptHeader) {
    Subject subject;
    EXPECT_TRUE(found("SUBJECT kept", subject));
    EXPECT_EQ(subject.headers_read, 0);
    EXPECT_TRUE(found("SUBJECT kept HEADER X-Rare 1", subject));
    EXPECT_EQ(subject.headers_read, 1);
}

TEST(SearchImap, Encode) {
    const std::pair<std::string, std::string> rows[] = {
        {"5,3,4,9:*", "3:5,9:*"},
        {"7,*", "7,*"},
        {"$ uid $", "$ UID $"},
        {"new old", "(RECENT UNSEEN) OLD"},
        {"modseq \"/flags/\\\\Seen\" priv 7", "MODSEQ 7"},
        {"fuzzy (subject a body b)", "FUZZY SUBJECT \"a\" FUZZY BODY \"b\""},
        {"savedbefore 1-Feb-2026 savedatesupported", "SAVEDBEFORE 1-Feb-2026 SAVEDATESUPPORTED"},
        {"emailid Ma threadid T-_", "EMAILID Ma THREADID T-_"},
    };
    for (const auto& [query, criteria] : rows) {
        const auto parsed = parse_imap_search(query);
        ASSERT_TRUE(parsed) << query;
        EXPECT_EQ(encode_search(*parsed), criteria);
        const auto again = parse_imap_search(criteria);
        ASSERT_TRUE(again) << criteria;
    }
}

TEST(SearchImap, Errors) {
    for (const char* query : {"0",
                              "1:",
                              "1:0",
                              "1,,2",
                              "4294967296",
                              "$x",
                              "FROM {5}\r\nab",
                              "FROM {x}\r\nab",
                              "FROM {3}ab",
                              "EMAILID",
                              "EMAILID a.b",
                              "MODSEQ",
                              "MODSEQ x",
                              "MODSEQ \"/other\" all 1",
                              "MODSEQ \"/flags/x\" none 1",
                              "FUZZY",
                              "FUZZY FUZZY",
                              "SAVEDON x",
                              "(SEEN)(FLAGGED)",
                              "FROM \"a\"SEEN",
                              "SEEN(FLAGGED)",
                              "FROM {1}\r\naSEEN"})
        EXPECT_FALSE(parse_imap_search(query)) << query;
    // What only a server knows is no key for a Maildir.
    for (const char* query : {"1:3", "$", "NEW", "MODSEQ 1", "SAVEDON 1-Feb-2026", "EMAILID a", "FUZZY SEEN"})
        EXPECT_FALSE(parse_search(query)) << query;
    EXPECT_TRUE(parse_search("FROM {5}"));
}

TEST(SearchImap, Needs) {
    const auto needs = [](const char* query) { return search_needs(*parse_imap_search(query)); };
    EXPECT_FALSE(needs("SEEN UID 5 LARGER 3").header);
    EXPECT_EQ(needs("FROM x OR SENTON 1-Feb-2026 NOT HEADER X-Rare y").fields,
              (std::vector<std::string>{"From", "Date", "X-Rare"}));
    EXPECT_TRUE(needs("NOT TEXT x").message);
    EXPECT_TRUE(needs("EMAILID x").ids);
    EXPECT_TRUE(needs("MODSEQ 5").modseq);
    EXPECT_TRUE(needs("UID $").saved);
    EXPECT_TRUE(needs("NOT 1:5").numbers);
}

}  // namespace
}  // namespace mailpipe::email
