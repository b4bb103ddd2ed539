#include "mailpipe/app/serve/smtp/submission_fixups.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::app::serve {
namespace {

Result<Fixups> fix(const std::string& text, const smtp::Mailbox& sender = {"alice", "example.org"}) {
    HeaderHold header;
    header.append(text);
    return make_fixups(header, sender);
}

TEST(SubmissionFixups, AddWhatIsMissing) {
    const auto all = fix("Subject: x\r\n\r\n");
    ASSERT_TRUE(all.has_value());
    EXPECT_NE(all->fields.find("From: alice@example.org\r\n"), std::string::npos) << all->fields;
    EXPECT_NE(all->fields.find("Message-ID: <"), std::string::npos);
    EXPECT_NE(all->fields.find("@example.org>\r\n"), std::string::npos);
    EXPECT_NE(all->fields.find("Date: "), std::string::npos);
    EXPECT_EQ(fix("from: a@b\r\nmessage-id: <x@y>\r\ndate: today\r\n\r\n")->fields, "");
    EXPECT_EQ(fix("Date: x\r\nMessage-ID: <x@y>\r\n\r\n", {})->fields, "");
}

TEST(SubmissionFixups, TextWithoutHeaderStaysText) {
    EXPECT_TRUE(fix("hello\r\n")->fields.ends_with("\r\n\r\n"));
    EXPECT_FALSE(fix("\r\nhello\r\n")->fields.ends_with("\r\n\r\n"));
}

TEST(SubmissionFixups, BccGoes) {
    const auto fixups = fix("To: a@b\r\nBcc: c@d,\r\n e@f\r\nResent-Bcc: g@h\r\n\r\n");
    ASSERT_TRUE(fixups.has_value());
    std::uint64_t octets = 0;
    for (const auto& [offset, length] : fixups->blind)
        octets += length;
    EXPECT_EQ(octets, 11U + 6U + 17U);
    EXPECT_EQ(fixups->blind.front().first, 9U);
}

TEST(SubmissionFixups, HeaderWithoutEndIsRefused) {
    const auto fixups = fix(std::string(limits::kHeaderSize + 1, 'x'));
    ASSERT_FALSE(fixups.has_value());
    EXPECT_EQ(fixups.error().kind, Errc::limit);
}

}  // namespace
}  // namespace mailpipe::app::serve
