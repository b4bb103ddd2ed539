#include <gtest/gtest.h>

#include <string>

#include "mailpipe/smtp/path.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::smtp {
namespace {

using namespace std::string_literals;

struct Accepted {
    std::string text;
    std::string local_part;
    std::string domain;
    std::string encoded;
    bool utf8 = false;
};

class MailboxAccepted : public testing::TestWithParam<Accepted> {};

TEST_P(MailboxAccepted, ParsesAndEncodes) {
    const auto& row = GetParam();
    const auto mailbox = parse_mailbox(row.text, row.utf8);
    ASSERT_TRUE(mailbox.has_value()) << row.text << ": " << mailbox.error().message;
    EXPECT_EQ(mailbox->local_part, row.local_part);
    EXPECT_EQ(mailbox->domain, row.domain);
    EXPECT_EQ(mailbox->encode(), row.encoded);
    EXPECT_EQ(parse_mailbox(mailbox->encode(), row.utf8).value(), *mailbox);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MailboxAccepted,
    testing::Values(
        Accepted{"alice@example.org", "alice", "example.org", "alice@example.org"},
        Accepted{"Alice@EXAMPLE.Org", "Alice", "example.org", "Alice@example.org"},
        Accepted{"a.b+c=d@x", "a.b+c=d", "x", "a.b+c=d@x"},
        Accepted{"-rf@example.org", "-rf", "example.org", "-rf@example.org"},
        Accepted{"\"a b\"@x.org", "a b", "x.org", "\"a b\"@x.org"},
        Accepted{"\"plain\"@x.org", "plain", "x.org", "plain@x.org"},
        Accepted{"\"a\\\"b\\\\c\"@x.org", "a\"b\\c", "x.org", "\"a\\\"b\\\\c\"@x.org"},
        Accepted{"\"a@b\"@x.org", "a@b", "x.org", "\"a@b\"@x.org"},
        Accepted{"a%b@x.org", "a%b", "x.org", "a%b@x.org"}, Accepted{"h!u@x.org", "h!u", "x.org", "h!u@x.org"},
        Accepted{"a@[127.0.0.1]", "a", "[127.0.0.1]", "a@[127.0.0.1]"},
        Accepted{"a@[ipv6:2001:DB8::1]", "a", "[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
        Accepted{"a@[IPv6:::ffff:1.2.3.4]", "a", "[IPv6:::ffff:1.2.3.4]", "a@[IPv6:::ffff:1.2.3.4]"},
        Accepted{"j\xC3\xBCrg@b\xC3\xBC.example", "j\xC3\xBCrg", "b\xC3\xBC.example",
                 "j\xC3\xBCrg@b\xC3\xBC.example", true},
        Accepted{std::string(64, 'a') + "@x", std::string(64, 'a'), "x", std::string(64, 'a') + "@x"}));

struct Refused {
    std::string text;
    std::string error;  // part of it
    bool utf8 = false;
};

class MailboxRefused : public testing::TestWithParam<Refused> {};

TEST_P(MailboxRefused, NamesRuleAndOffset) {
    const auto mailbox = parse_mailbox(GetParam().text, GetParam().utf8);
    ASSERT_FALSE(mailbox.has_value()) << GetParam().text;
    EXPECT_EQ(mailbox.error().kind, Errc::data);
    EXPECT_NE(mailbox.error().message.find(GetParam().error), std::string::npos) << mailbox.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, MailboxRefused,
    testing::Values(
        Refused{"", "Atom of Local-part expected at offset 0"}, Refused{"alice", "'@' expected at offset 5"},
        Refused{"alice@", "sub-domain expected at offset 6"}, Refused{"@x.org", "Atom"},
        Refused{".a@x", "offset 0"}, Refused{"a.@x", "offset 2"}, Refused{"a..b@x", "offset 2"},
        Refused{"a@x..y", "sub-domain expected at offset 4"}, Refused{"a@-x", "sub-domain"},
        Refused{"a@x-", "sub-domain"}, Refused{"a@x_y", "end of Mailbox"}, Refused{"a b@x", "'@'"},
        Refused{"a@x y", "end of Mailbox"}, Refused{"<a@x>", "Atom"}, Refused{"a@x>", "end of Mailbox"},
        Refused{"@r.org:a@x.org", "Atom"}, Refused{"\"\"@x.org", "not empty"},
        Refused{"\"a@x.org", "Quoted-string"}, Refused{"\"a\\", "QcontentSMTP"},
        Refused{"a@x\r\nRCPT TO:<b@y>", "end of Mailbox"}, Refused{"a\r@x", "'@'"},
        Refused{"\"a\nb\"@x", "QcontentSMTP"}, Refused{"a\0b@x"s, "'@'"}, Refused{"\"a\0b\"@x"s, "Qcontent"},
        Refused{"a@x\0y"s, "end of Mailbox"}, Refused{"a@[1.2.3]", "address-literal"},
        Refused{"a@[1.2.3.256]", "address-literal"}, Refused{"a@[IPv6:1::2::3]", "address-literal"},
        Refused{"a@[IPv6:12345::]", "address-literal"}, Refused{"a@[IPv6:1:2:3:4:5:6:7]", "address-literal"},
        Refused{"a@[x", "']'"}, Refused{"j\xC3\xBCrg@x", "'@'"}, Refused{"\xFF@x", "Atom", true},
        Refused{"a@\xC3", "sub-domain", true}, Refused{std::string(65, 'a') + "@x", "longer than 64"},
        Refused{"a@" + std::string(256, 'a'), "longer than 255"}));

TEST(Mailbox, NullEncodesEmpty) {
    EXPECT_TRUE(Mailbox{}.is_null());
    EXPECT_EQ(Mailbox{}.encode(), "");
    EXPECT_EQ((Mailbox{"postmaster", ""}.encode()), "postmaster");
}

TEST(Mailbox, HandMadeControlsCannotEndALine) {
    const std::string encoded = Mailbox{"a\r\nRCPT TO:<b", "x\r\ny"}.encode();
    EXPECT_EQ(encoded.find_first_of("\r\n"), std::string::npos) << encoded;
}

TEST(Path, ReverseAndForward) {
    EXPECT_TRUE(parse_reverse_path("<>")->mailbox.is_null());
    EXPECT_FALSE(parse_forward_path("<>").has_value());
    EXPECT_EQ(parse_forward_path("<POSTMASTER>")->mailbox, (Mailbox{"postmaster", ""}));
    EXPECT_FALSE(parse_reverse_path("<postmaster>").has_value());
    EXPECT_EQ(parse_forward_path("<a@b.c> NOTIFY=NEVER")->length, 7U);
    const auto routed = parse_forward_path("<@one.org,@two.org:joe@three.org>");
    ASSERT_TRUE(routed.has_value());
    EXPECT_TRUE(routed->source_route);
    EXPECT_EQ(routed->mailbox.encode(), "joe@three.org");
    for (const char* bad : {"a@b", "<a@b", "<@one.org:>", "<@:a@b>", "<@one.org,a@b>", "< a@b>", "<a@b >"}) {
        EXPECT_FALSE(parse_forward_path(bad).has_value()) << bad;
    }
}

// Variable reverse-paths of mailing lists are longer than RFC 5321's minimum of 64.
TEST(Path, LongReversePathLocalPart) {
    const std::string local(200, 'v');
    EXPECT_EQ(parse_reverse_path("<" + local + "@x.org>")->mailbox.local_part, local);
    EXPECT_FALSE(parse_reverse_path("<" + std::string(300, 'v') + "@x.org>").has_value());
    EXPECT_FALSE(parse_forward_path("<" + local + "@x.org>").has_value());
}

TEST(Path, DomainsOfEhlo) {
    for (const char* good : {"x", "mx.example.org", "[127.0.0.1]", "[IPv6:::1]", "docker_net-1.local"}) {
        EXPECT_TRUE(is_domain_or_literal(good, true)) << good;
    }
    for (const char* bad : {"", "a b", "x..y", "[1.2]", "-x", "x\r", "\xC3\xBC.org", "x;y", "x."}) {
        EXPECT_FALSE(is_domain_or_literal(bad, true)) << bad;
    }
    EXPECT_FALSE(is_domain_or_literal("a_b"));
}

}  // namespace
}  // namespace mailpipe::smtp
