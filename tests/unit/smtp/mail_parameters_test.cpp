#include "mailpipe/smtp/mail_parameters.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::smtp {
namespace {

ServerExtensions all() {
    ServerExtensions offered;
    offered.dsn = offered.priority = offered.require_tls = true;
    offered.deliver_by_minimum = 60;
    offered.max_hold_for = 86400;
    offered.max_hold_until = 1795694400;
    return offered;
}

TEST(MailParameters, AllOfThem) {
    Envelope envelope;
    const auto parsed = parse_mail_parameters(
        " SIZE=1000 body=binarymime AUTH=a+40b RET=hdrs ENVID=QQ+2B314159 BY=120;RT HOLDFOR=3600 "
        "MT-PRIORITY=-3 "
        "REQUIRETLS SMTPUTF8",
        all(), envelope);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().lines[0];
    EXPECT_EQ(envelope.size, 1000U);
    EXPECT_EQ(envelope.body, Body::binary);
    EXPECT_EQ(envelope.ret, Return::headers);
    EXPECT_EQ(envelope.envelope_id, "QQ+314159");
    EXPECT_EQ(envelope.by, (DeliverBy{120, true, true}));
    EXPECT_EQ(envelope.hold_for, 3600U);
    EXPECT_EQ(envelope.priority, -3);
    EXPECT_TRUE(envelope.require_tls);
    EXPECT_TRUE(envelope.smtputf8);
}

TEST(MailParameters, HoldUntilAndLateNotification) {
    Envelope envelope;
    ASSERT_TRUE(parse_mail_parameters("HOLDUNTIL=2026-11-20T10:00:00Z BY=-60;N", all(), envelope).has_value());
    EXPECT_EQ(envelope.hold_until, 1795168800);
    EXPECT_EQ(envelope.by, (DeliverBy{-60, false, false}));
}

struct Row {
    std::string parameters;
    int code;
    std::string enhanced;
};
void PrintTo(const Row& row, std::ostream* out) {
    *out << row.parameters;
}

class MailParameterRefused : public testing::TestWithParam<Row> {};
TEST_P(MailParameterRefused, WithTheReply) {
    Envelope envelope;
    const auto parsed = parse_mail_parameters(GetParam().parameters, all(), envelope);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, GetParam().code) << parsed.error().lines[0];
    EXPECT_EQ(parsed.error().enhanced, GetParam().enhanced) << parsed.error().lines[0];
}
INSTANTIATE_TEST_SUITE_P(Table, MailParameterRefused,
                         testing::Values(Row{"X=1", 555, "5.5.4"}, Row{"RET=ALL", 501, "5.5.4"},
                                         Row{"RET", 501, "5.5.4"}, Row{"RET=FULL RET=FULL", 501, "5.5.4"},
                                         Row{"ENVID=", 501, "5.5.4"}, Row{"ENVID=+0A", 501, "5.5.4"},
                                         Row{"ENVID=a+4", 501, "5.5.4"},
                                         Row{"ENVID=" + std::string(101, 'a'), 501, "5.5.4"},
                                         Row{"BY=60", 501, "5.5.4"}, Row{"BY=60;X", 501, "5.5.4"},
                                         Row{"BY=0;R", 501, "5.5.4"}, Row{"BY=-5;R", 501, "5.5.4"},
                                         Row{"BY=1234567890;N", 501, "5.5.4"}, Row{"BY=59;R", 555, "5.4.7"},
                                         Row{"HOLDFOR=0", 501, "5.5.4"}, Row{"HOLDFOR=86401", 501, "5.5.4"},
                                         Row{"HOLDUNTIL=tomorrow", 501, "5.5.4"},
                                         Row{"HOLDUNTIL=2027-01-01T00:00:00Z", 501, "5.5.4"},
                                         Row{"HOLDFOR=1 HOLDUNTIL=2026-11-20T10:00:00Z", 501, "5.5.4"},
                                         Row{"MT-PRIORITY=10", 501, "5.5.4"},
                                         Row{"MT-PRIORITY=-0", 501, "5.5.4"}, Row{"MT-PRIORITY=", 501, "5.5.4"},
                                         Row{"REQUIRETLS=yes", 501, "5.5.4"}, Row{"SMTPUTF8=1", 501, "5.5.4"}));

TEST(MailParameters, WhatIsNotOfferedIsRefused) {
    ServerExtensions none;
    none.utf8 = none.chunking = false;
    for (const char* parameter :
         {"RET=FULL", "ENVID=a", "BY=60;N", "HOLDFOR=1", "HOLDUNTIL=2026-11-20T10:00:00Z", "MT-PRIORITY=1",
          "REQUIRETLS", "SMTPUTF8"}) {
        Envelope envelope;
        const auto parsed = parse_mail_parameters(parameter, none, envelope);
        ASSERT_FALSE(parsed.has_value()) << parameter;
        EXPECT_EQ(parsed.error().code, 555) << parameter;
    }
    Envelope envelope;
    EXPECT_EQ(parse_mail_parameters("BODY=BINARYMIME", none, envelope).error().code, 501);
    EXPECT_EQ(parse_rcpt_parameters("NOTIFY=NEVER", none).error().code, 555);
    EXPECT_EQ(parse_rcpt_parameters("ORCPT=rfc822;a@b", none).error().code, 555);
}

TEST(RcptParameters, NotifyAndOriginal) {
    const auto options =
        parse_rcpt_parameters("notify=success,FAILURE ORCPT=rfc822;Bob+2BX@example.org", all());
    ASSERT_TRUE(options.has_value());
    EXPECT_EQ(options->notify, (Notify{true, true, false}));
    EXPECT_EQ(options->original, "rfc822;Bob+X@example.org");
    EXPECT_EQ(parse_rcpt_parameters("NOTIFY=NEVER", all())->notify, Notify{});
    EXPECT_EQ(parse_rcpt_parameters("ORCPT=utf-8;j\\x{F6}rg@example.org", all())->original,
              "utf-8;j\xC3\xB6rg@example.org");
    for (const char* bad :
         {"NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=SUCCESS,,DELAY", "ORCPT=a@b", "ORCPT=;a@b", "ORCPT=rfc822;",
          "ORCPT=rfc822;a+0D+0Ab", "ORCPT=rfc 822;a", "ORCPT=utf-8;a\\x{110000}", "ORCPT=utf-8;a\\x{D800}",
          "ORCPT=utf-8;a\\x{A}", "ORCPT=rfc822;a+FF"}) {
        EXPECT_FALSE(parse_rcpt_parameters(bad, all()).has_value()) << bad;
    }
}

TEST(MailParameters, AddressesBeyondAsciiNeedSmtputf8) {
    Envelope envelope;
    envelope.reverse_path = {"j\xC3\xB6rg", "example.org"};
    EXPECT_EQ(parse_mail_parameters("", all(), envelope).error().code, 553);
    EXPECT_TRUE(parse_mail_parameters("SMTPUTF8", all(), envelope).has_value());
}

}  // namespace
}  // namespace mailpipe::smtp
