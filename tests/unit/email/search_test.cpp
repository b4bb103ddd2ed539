#include "mailpipe/email/search.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::email {
namespace {

class Subject : public SearchSubject {
 public:
    explicit Subject(std::string message) : message_(std::move(message)) {}

    Result<std::string_view> header() override {
        ++headers_read;
        const std::size_t end = message_.find("\r\n\r\n");
        return std::string_view(message_).substr(0, end == std::string::npos ? end : end + 4);
    }
    Result<std::string_view> message() override {
        ++messages_read;
        if (fails) return fail(Errc::io, "disk gone");
        return std::string_view(message_);
    }
    Result<std::uint64_t> size() override {
        ++sizes_read;
        return message_.size();
    }
    const std::vector<std::string>& keywords() const override { return keywords_; }
    std::time_t received_at() const override { return received; }
    std::time_t now() const override { return 1'795'518'706 + 3600; }
    std::uint32_t uid() const override { return number; }

    int headers_read = 0;
    int messages_read = 0;
    int sizes_read = 0;
    bool fails = false;
    std::time_t received = 1'795'518'706;  // 24-Nov-2026 11:11:46 UTC
    std::uint32_t number = 5;
    std::vector<std::string> keywords_ = {"$seen", "Work"};

 private:
    std::string message_;
};

const std::string kMessage =
    "From: =?utf-8?q?J=C3=B6rg?= \"the\r\n boss\" <joerg@example.org>\r\nTo: alice@example.net\r\n"
    "Subject: Quarterly\r\n report\r\nDate: Mon, 23 Nov 2026 23:30:00 -0800\r\nX-Empty:\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n\r\nSGVsbG8gV8O2cmxk\r\n"
    "--b\r\nContent-Type: application/pdf; name=secret.pdf\r\n\r\nbinary needle\r\n--b--\r\n";

struct Row {
    std::string query;
    bool matches;
};

// RFC 9051 section 6.4.4: FROM and its like look at the envelope, HEADER and TEXT at what is written.
TEST(Search, AddressesAsInTheEnvelope) {
    Subject subject(
        "From: \"O'Neil, the 2nd\" <oneil@example.org>\r\n"
        "Cc: The Team: Alice1@example.org (Alice),\r\n <carol@x.example>;, dave@x.example\r\n\r\n");
    const Row rows[] = {
        {"FROM \"o'neil, the 2nd <oneil@\"", true},
        {"FROM \"\\\"o'neil\"", false},
        {"HEADER From \"\\\"o'neil\"", true},
        {"CC \"alice <alice1\"", true},
        {"CC \"(alice\"", false},
        {"CC \"the team: alice\"", true},
        {"CC \"org>, carol@x.example, dave@\"", true},
        {"HEADER Cc \"(alice), <carol\"", true},
        {"HEADER Cc \"alice <\"", false},
        {"TEXT \"(alice)\"", true},
        {"TEXT \"alice <\"", false},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(*matches(*parse_search(row.query), subject), row.matches) << row.query;
    }
}

// RFC 9051 section 6.4.4: BODY "doesn't match any header fields", those of parts and messages inside included.
TEST(Search, BodyIsNoHeader) {
    Subject subject(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
        "--b\r\nContent-Type: text/plain; name=part.txt\r\n\r\nouter\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?f=C3=BCr?= "
        "you\r\n\r\ninner\r\n--b--\r\n");
    const Row rows[] = {
        {"BODY outer", true},     {"BODY inner", true},     {"BODY part.txt", false},
        {"BODY f\u00fcr", false}, {"TEXT part.txt", true},  {"TEXT f\u00fcr", true},
        {"TEXT inner", true},     {"TEXT preamble", false}, {"BODY preamble", false},
    };
    for (const Row& row : rows)
        EXPECT_EQ(*matches(*parse_search(row.query), subject), row.matches) << row.query;
}

TEST(Search, Matches) {
    const Row rows[] = {
        {"ALL", true},
        {"from j\u00f6rg", true},
        {"FROM J\u00d6RG", true},
        {"FROM jo\u0308rg", true},
        {"FROM JOERG@EXAMPLE", true},
        {"FROM \"the boss\"", true},
        {"FROM alice", false},
        {"TO alice", true},
        {"CC alice", false},
        {"BCC \"\"", false},
        {"SUBJECT \"quarterly report\"", true},
        {"HEADER X-Empty \"\"", true},
        {"HEADER X-None \"\"", false},
        {"HEADER subject REPORT", true},
        {"BODY \"hello w\u00f6rld\"", true},
        {"BODY quarterly", false},
        {"BODY needle", false},
        {"BODY secret.pdf", false},
        {"TEXT secret.pdf", true},
        {"TEXT quarterly", true},
        {"TEXT world", false},
        {"TEXT hello", true},
        {"SINCE 24-Nov-2026", true},
        {"SINCE 25-Nov-2026", false},
        {"BEFORE 25-Nov-2026", true},
        {"BEFORE 24-nov-2026", false},
        {"ON \"24-Nov-2026\"", true},
        {"SENTON 23-Nov-2026", true},
        {"SENTSINCE 24-Nov-2026", false},
        {"SENTBEFORE 24-Nov-2026", true},
        {"SEEN", true},
        {"UNSEEN", false},
        {"FLAGGED", false},
        {"UNFLAGGED", true},
        {"KEYWORD work", true},
        {"UNKEYWORD work", false},
        {"LARGER 10", true},
        {"OLDER 3600", true},
        {"OLDER 3601", false},
        {"YOUNGER 3600", true},
        {"YOUNGER 3599", false},
        {"NOT OLDER 86400", true},
        {"LARGER 99999999999", false},
        {"SMALLER 99999999999", true},
        {"UID 1:4,5", true},
        {"UID 6:*", false},
        {"UID *:2", true},
        {"NOT SEEN", false},
        {"NOT NOT SEEN", true},
        {"OR FLAGGED SEEN", true},
        {"OR FLAGGED DRAFT", false},
        {"SEEN FROM j\u00f6rg", true},
        {"SEEN FROM nobody", false},
        {"(SEEN (FROM j\u00f6rg))", true},
        {"NOT (SEEN FLAGGED)", true},
        {"OR (SEEN FLAGGED) (UNDRAFT TO alice)", true},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.query);
        const auto query = parse_search(row.query);
        ASSERT_TRUE(query) << query.error().message;
        Subject subject(kMessage);
        const auto matched = matches(*query, subject);
        ASSERT_TRUE(matched);
        EXPECT_EQ(*matched, row.matches);
    }
}

struct Encoded {
    std::string query;
    std::string criteria;
};

TEST(Search, Encode) {
    const Encoded rows[] = {
        {"all", "ALL"},
        {"from a subject \"b c\"", "FROM \"a\" SUBJECT \"b c\""},
        {"FROM \"a\\\"b\\\\\"", "FROM \"a\\\"b\\\\\""},
        {"FROM j\u00f6rg", "CHARSET UTF-8 FROM {5}\r\nj\u00f6rg"},
        {"FROM \"a\r\nb\"", "FROM {4}\r\na\r\nb"},
        {"SINCE 1-feb-2026", "SINCE 1-Feb-2026"},
        {"OR (SEEN FLAGGED) NOT (DRAFT)", "OR (SEEN FLAGGED) NOT DRAFT"},
        {"keyword $Forwarded unkeyword $seen", "KEYWORD $Forwarded UNSEEN"},
        {"header x-a b larger 5 smaller 6", "HEADER \"x-a\" \"b\" LARGER 5 SMALLER 6"},
        {"unseen older 86400 not younger 5", "UNSEEN OLDER 86400 NOT YOUNGER 5"},
        {"uid 3:1,7,9:*", "UID 1:3,7,9:*"},
        {"uid *", "UID *"},
        {"text x body y", "TEXT \"x\" BODY \"y\""},
    };
    for (const Encoded& row : rows) {
        SCOPED_TRACE(row.query);
        const auto query = parse_search(row.query);
        ASSERT_TRUE(query) << query.error().message;
        EXPECT_EQ(encode_search(*query), row.criteria);
    }
}

struct Wrong {
    std::string query;
    std::string message;
};

TEST(Search, Errors) {
    const Wrong rows[] = {
        {"", "search: expected a search key at offset 0"},
        {"  ", "search: expected a search key at offset 2"},
        {"FORM a", "search: expected a search key such as FROM, SINCE or UNSEEN at offset 0"},
        {"FROM", "search: expected a string at offset 4"},
        {"FROM (", "search: expected a string at offset 5"},
        {"FROM \"a", "search: expected a closing DQUOTE at offset 7"},
        {"(SEEN", "search: expected \")\" at offset 5"},
        {"SEEN)", "search: expected a search key at offset 4"},
        {"()", "search: expected a search key at offset 1"},
        {"NOT", "search: expected a search key such as FROM, SINCE or UNSEEN at offset 3"},
        {"OR SEEN", "search: expected a search key such as FROM, SINCE or UNSEEN at offset 7"},
        {"SINCE yesterday", "search: expected a date such as 1-Feb-2026 at offset 6"},
        {"SINCE 30-Feb-2026", "search: expected a date such as 1-Feb-2026 at offset 6"},
        {"OLDER 0", "search: expected a number of seconds at offset 6"},
        {"YOUNGER 1h", "search: expected a number of seconds at offset 8"},
        {"LARGER 1k", "search: expected a number of octets at offset 7"},
        {"UID 0", "search: expected a set of UIDs such as 1:3,7 at offset 4"},
        {"HEADER a:b c", "search: expected a field name at offset 7"},
        {"HEADER \"a\r\nb\" c", "search: expected a field name at offset 7"},
        {"KEYWORD a*", "search: expected a keyword at offset 8"},
        {"FROM \xFF", "search: expected text in UTF-8 at offset 0"},
        {std::string("FROM \0", 6), "search: expected text without NUL at offset 0"},
    };
    for (const Wrong& row : rows) {
        SCOPED_TRACE(row.query);
        const auto query = parse_search(row.query);
        ASSERT_FALSE(query);
        EXPECT_EQ(query.error().kind, Errc::usage);
        EXPECT_EQ(query.error().message, row.message);
    }
}

TEST(Search, NestingIsLimited) {
    for (const char* opening : {"(", "NOT ", "OR SEEN "}) {
        std::string text;
        for (std::size_t i = 0; i < 100'000; ++i)
            text += opening;
        const auto query = parse_search(text + "SEEN");
        ASSERT_FALSE(query);
        EXPECT_NE(query.error().message.find("kImapNesting"), std::string::npos);
    }
}

struct Cost {
    std::string query;
    int sizes;
    int headers;
    int messages;
};

TEST(Search, ReadsOnlyWhatAKeyNeeds) {
    const Cost rows[] = {
        {"SEEN UID 5 SINCE 1-Jan-2026", 0, 0, 0},
        {"LARGER 1", 1, 0, 0},
        {"FROM a TO b SUBJECT c", 0, 1, 0},
        {"BODY hello UNSEEN", 0, 0, 0},
        {"TEXT hello FROM nobody", 0, 1, 0},
        {"TEXT quarterly", 0, 1, 0},
        {"OR BODY hello SEEN", 0, 0, 0},
        {"OR BODY hello SUBJECT quarterly", 0, 1, 0},
        {"TEXT hello", 0, 1, 1},
        {"BODY hello BODY w\u00f6rld", 0, 0, 1},
    };
    for (const Cost& row : rows) {
        SCOPED_TRACE(row.query);
        const auto query = parse_search(row.query);
        ASSERT_TRUE(query) << query.error().message;
        Subject subject(kMessage);
        ASSERT_TRUE(matches(*query, subject));
        EXPECT_EQ(subject.sizes_read, row.sizes);
        EXPECT_EQ(subject.headers_read, row.headers);
        EXPECT_EQ(subject.messages_read, row.messages);
    }
}

TEST(Search, NeedsOnlyTheHeader) {
    for (const char* query :
         {"ALL", "FROM x", "OR SUBJECT x NOT SENTON 1-Jan-2026", "HEADER List-Id x TO y", "(CC x)"})
        EXPECT_TRUE(needs_only_header(*parse_search(query))) << query;
    for (const char* query :
         {"BODY x", "TEXT x", "SEEN", "KEYWORD x", "LARGER 1", "SMALLER 1", "SINCE 1-Jan-2026", "YOUNGER 1",
          "UID 1", "FROM x SEEN", "OR FROM x TEXT y", "NOT BODY x"})
        EXPECT_FALSE(needs_only_header(*parse_search(query))) << query;
}

TEST(Search, PassesErrorsOn) {
    Subject subject(kMessage);
    subject.fails = true;
    for (const char* text : {"BODY zz", "NOT BODY zz", "OR BODY zz FLAGGED", "SEEN TEXT zz"}) {
        const auto matched = matches(*parse_search(text), subject);
        ASSERT_FALSE(matched);
        EXPECT_EQ(matched.error().message, "disk gone");
    }
}

}  // namespace
}  // namespace mailpipe::email
