#include "mailpipe/smtp/command.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::smtp {
namespace {

using namespace std::string_literals;

TEST(Command, VerbAndArgument) {
    const auto command = parse_command("mail  FROM:<a@b> SIZE=1 \t");
    ASSERT_TRUE(command.has_value());
    EXPECT_EQ(command->verb, "MAIL");
    EXPECT_EQ(command->argument, "FROM:<a@b> SIZE=1");
    EXPECT_EQ(parse_command("QUIT")->argument, "");
    for (const auto& bad : {""s, " QUIT"s, "NO\0OP"s, "NOOP \x01"s, "NOOP a\rb"s}) {
        const auto refused = parse_command(bad);
        ASSERT_FALSE(refused.has_value()) << bad;
        EXPECT_EQ(refused.error().code, 500);
    }
}

TEST(Command, MailParameters) {
    const auto mail = parse_mail("from:<a@b.org> size=123 BODY=8bitmime AUTH=<>", true, {});
    ASSERT_TRUE(mail.has_value());
    EXPECT_EQ(mail->reverse_path.encode(), "a@b.org");
    EXPECT_EQ(mail->size, 123U);
    EXPECT_TRUE(mail->body == Body::eight_bit);
    EXPECT_TRUE(parse_mail("FROM:<>", false, {})->reverse_path.is_null());
    EXPECT_EQ(parse_mail("FROM:<@r.org:a@b.org>", true, {})->reverse_path.encode(), "a@b.org");
}

struct Row {
    std::string argument;
    int code;
    std::string enhanced;
};

class MailRefused : public testing::TestWithParam<Row> {};
TEST_P(MailRefused, WithTheReply) {
    const auto mail = parse_mail(GetParam().argument, true, {});
    ASSERT_FALSE(mail.has_value());
    EXPECT_EQ(mail.error().code, GetParam().code) << mail.error().lines[0];
    EXPECT_EQ(mail.error().enhanced, GetParam().enhanced) << mail.error().lines[0];
}
INSTANTIATE_TEST_SUITE_P(
    Table, MailRefused,
    testing::Values(Row{"", 501, "5.5.4"}, Row{"<a@b>", 501, "5.5.4"}, Row{"FROM: <a@b>", 501, "5.1.7"},
                    Row{"FROM:a@b", 501, "5.1.7"}, Row{"FROM:<a@b>SIZE=1", 501, "5.5.4"},
                    Row{"FROM:<a@b> SIZE=", 501, "5.5.4"}, Row{"FROM:<a@b> SIZE=-1", 501, "5.5.4"},
                    Row{"FROM:<a@b> SIZE=1 SIZE=2", 501, "5.5.4"},
                    Row{"FROM:<a@b> SIZE=99999999999999999999999", 501, "5.5.4"},
                    Row{"FROM:<a@b> BODY=BINARY", 501, "5.5.4"}, Row{"FROM:<a@b> AUTH", 501, "5.5.4"},
                    Row{"FROM:<a@b> RET=HDRS", 555, "5.5.4"}, Row{"FROM:<a@b\xC3\xBC>", 553, "5.6.7"}));

TEST(Command, MailParametersNeedEhlo) {
    EXPECT_EQ(parse_mail("FROM:<a@b> SIZE=1", false, {}).error().code, 555);
}

class RcptRefused : public testing::TestWithParam<Row> {};
TEST_P(RcptRefused, WithTheReply) {
    const auto rcpt = parse_rcpt(GetParam().argument, true, false, {});
    ASSERT_FALSE(rcpt.has_value());
    EXPECT_EQ(rcpt.error().code, GetParam().code);
    EXPECT_EQ(rcpt.error().enhanced, GetParam().enhanced);
}
INSTANTIATE_TEST_SUITE_P(Table, RcptRefused,
                         testing::Values(Row{"TO:<>", 501, "5.1.3"}, Row{"TO:a@b", 501, "5.1.3"},
                                         Row{"TO:<a>", 501, "5.1.3"}, Row{"TO:<\"\"@b>", 501, "5.1.3"},
                                         Row{"TO:<a@b> NOTIFY=NEVER", 555, "5.5.4"},
                                         Row{"TO:<@r.org:a@b.org>", 550, "5.7.1"}));

TEST(Command, RcptPostmaster) {
    EXPECT_EQ(parse_rcpt("TO:<Postmaster>", true, false, {})->recipient.encode(), "postmaster");
    EXPECT_EQ(parse_rcpt("TO:<Postmaster@Example.org>", true, false, {})->recipient.encode(),
              "Postmaster@example.org");
}

}  // namespace
}  // namespace mailpipe::smtp
