#include "mailpipe/app/serve/imap/message_url.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

using Text = imap::server::Section::Text;

TEST(ServeImapMessageUrl, Relative) {
    const auto url = parse_message_url("/Sent%20Mail;UIDVALIDITY=7/;UID=20/;SECTION=1.2.MIME/;PARTIAL=10.5");
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->mailbox, "Sent Mail");
    EXPECT_EQ(url->uid_validity, 7U);
    EXPECT_EQ(url->uid, 20U);
    EXPECT_EQ(url->section.part, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(url->section.text, Text::mime);
    EXPECT_EQ(url->partial, (std::pair<std::uint64_t, std::uint64_t>(10, 5)));
    EXPECT_EQ(url->host, "");
}

// RFC 4467 section 9, the example of GENURLAUTH.
TEST(ServeImapMessageUrl, Authorized) {
    const std::string rump = "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred";
    const std::string text = rump + ":internal:91354A473744909de610943775f92038";
    const auto url = parse_message_url(text);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->user, "joe");
    EXPECT_EQ(url->host, "example.com");
    EXPECT_EQ(url->access, "submit+fred");
    EXPECT_EQ(url->mechanism, "internal");
    EXPECT_EQ(url->token, "91354a473744909de610943775f92038");
    EXPECT_EQ(url->rump, rump);
    EXPECT_FALSE(url->expires);
    const auto expiring =
        parse_message_url("imap://joe@h/INBOX/;uid=1;expire=2026-11-26T00:00:00Z;urlauth=anonymous");
    ASSERT_TRUE(expiring);
    EXPECT_EQ(expiring->expires, 1795651200);
}

TEST(ServeImapMessageUrl, Malformed) {
    for (const char* text :
         {"", "/", "/INBOX", "/INBOX/;UID=", "/INBOX/;UID=0", "/INBOX/;UID=x", "INBOX/;UID=1", "/;UID=1",
          "/INBOX/;UID=1/;SECTION=0", "/INBOX/;UID=1/;SECTION=", "/INBOX/;UID=1/;SECTION=1.X", "/%GG/;UID=1",
          "/INBOX;UIDVALIDITY=x/;UID=1", "/INBOX/;UID=1/;PARTIAL=x", "imap:///INBOX/;UID=1",
          "/INBOX/;UID=99999999999", "imap://h/INBOX/;UID=1;URLAUTH=anonymous:internal",
          "imap://h/INBOX/;UID=1;EXPIRE=x;URLAUTH=anonymous"})
        EXPECT_FALSE(parse_message_url(text)) << text;
}

}  // namespace
}  // namespace mailpipe::app::serve
