#include "mailpipe/smtp/transaction_commands.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace mailpipe::smtp {
namespace {

struct Row {
    std::string name;
    std::vector<std::string> ehlo;
    std::function<void(Envelope&)> ask;
    std::string mail;       // behind "MAIL FROM:<a@b.org>"; empty with an error
    std::string rcpt = {};  // behind "RCPT TO:<x@y.org>"
    std::string not_taken = {};
    std::optional<Errc> error = {};
    bool secure = true;
};

class TransactionCommandsTest : public testing::TestWithParam<Row> {};

TEST_P(TransactionCommandsTest, Table) {
    const Row& row = GetParam();
    Envelope envelope{{"a", "b.org"}, {{"x", "y.org"}}};
    row.ask(envelope);
    Capabilities offered;
    for (const std::string& line : row.ehlo)
        offered.add(line);
    const auto commands = transaction_commands(envelope, offered, row.secure, false);
    ASSERT_EQ(commands.has_value(), !row.error) << (commands ? commands->mail : commands.error().message);
    if (row.error) {
        EXPECT_EQ(commands.error().kind, *row.error) << commands.error().message;
        return;
    }
    EXPECT_EQ(commands->mail, "MAIL FROM:<a@b.org>" + row.mail);
    EXPECT_EQ(commands->rcpt, std::vector{"RCPT TO:<x@y.org>" + row.rcpt});
    EXPECT_EQ(commands->not_taken,
              row.not_taken.empty() ? std::vector<std::string>{} : std::vector{row.not_taken});
}

const auto kName = [](const auto& param) { return param.param.name; };

void ask_dsn(Envelope& envelope) {
    envelope.ret = Return::headers;
    envelope.envelope_id = "QQ 314+159";
    envelope.recipient_options = {{Notify{true, true, false}, "rfc822;X+1@y.org"}};
}

INSTANTIATE_TEST_SUITE_P(
    Dsn, TransactionCommandsTest,
    testing::Values(Row{"offered",
                        {"DSN"},
                        ask_dsn,
                        " RET=HDRS ENVID=QQ+20314+2B159",
                        " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;X+2B1@y.org"},
                    Row{"not_offered", {}, ask_dsn, "", "", "DSN"},
                    Row{"never",
                        {"DSN"},
                        [](Envelope& e) {
                            e.recipient_options = {{Notify{}, ""}};
                        },
                        "",
                        " NOTIFY=NEVER"},
                    Row{"delay_and_full",
                        {"DSN"},
                        [](Envelope& e) {
                            e.ret = Return::full;
                            e.recipient_options = {{Notify{false, false, true}, ""}};
                        },
                        " RET=FULL",
                        " NOTIFY=DELAY"},
                    Row{"nothing_asked", {}, [](Envelope& e) { e.recipient_options = {{}}; }, ""},
                    Row{"envid_with_line_end",
                        {"DSN"},
                        [](Envelope& e) { e.envelope_id = "x\r\nRSET"; },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"envid_too_long",
                        {"DSN"},
                        [](Envelope& e) { e.envelope_id = std::string(101, 'x'); },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"orcpt_without_type",
                        {"DSN"},
                        [](Envelope& e) {
                            e.recipient_options = {{{}, "x@y.org"}};
                        },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"orcpt_type_injects",
                        {"DSN"},
                        [](Envelope& e) {
                            e.recipient_options = {{{}, "rfc822 NOTIFY=NEVER;x"}};
                        },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"orcpt_with_line_end",
                        {"DSN"},
                        [](Envelope& e) {
                            e.recipient_options = {{{}, "rfc822;x\r\nDATA"}};
                        },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"orcpt_with_nul",
                        {"DSN"},
                        [](Envelope& e) {
                            e.recipient_options = {{{}, std::string("rfc822;x\0y", 10)}};
                        },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"orcpt_too_long",
                        {"DSN"},
                        [](Envelope& e) {
                            e.recipient_options = {{{}, "rfc822;" + std::string(500, 'x')}};
                        },
                        "",
                        "",
                        "",
                        Errc::usage},
                    Row{"options_of_others",
                        {"DSN"},
                        [](Envelope& e) { e.recipient_options.resize(2); },
                        "",
                        "",
                        "",
                        Errc::usage}),
    kName);

INSTANTIATE_TEST_SUITE_P(DeliverBy, TransactionCommandsTest,
                         testing::Values(
                             // RFC 2852 section 4.1
                             Row{"returned",
                                 {"DELIVERBY"},
                                 [](Envelope& e) {
                                     e.by = {120, true, false};
                                 },
                                 " BY=120;R"},
                             Row{"notified_and_traced",
                                 {"DELIVERBY 240"},
                                 [](Envelope& e) {
                                     e.by = {-5, false, true};
                                 },
                                 " BY=-5;NT"},
                             Row{"below_the_minimum",
                                 {"DELIVERBY 240"},
                                 [](Envelope& e) {
                                     e.by = {120, true, false};
                                 },
                                 "",
                                 "",
                                 "",
                                 Errc::permanent},
                             Row{"returned_not_offered",
                                 {},
                                 [](Envelope& e) {
                                     e.by = {120, true, false};
                                 },
                                 "",
                                 "",
                                 "",
                                 Errc::unsupported},
                             Row{"notified_not_offered",
                                 {},
                                 [](Envelope& e) {
                                     e.by = {120, false, false};
                                 },
                                 "",
                                 "",
                                 "DELIVERBY"},
                             Row{"returned_at_once",
                                 {"DELIVERBY"},
                                 [](Envelope& e) {
                                     e.by = {0, true, false};
                                 },
                                 "",
                                 "",
                                 "",
                                 Errc::usage},
                             Row{"ten_digits",
                                 {"DELIVERBY"},
                                 [](Envelope& e) {
                                     e.by = {1'000'000'000, false, false};
                                 },
                                 "",
                                 "",
                                 "",
                                 Errc::usage}),
                         kName);

INSTANTIATE_TEST_SUITE_P(
    FutureRelease, TransactionCommandsTest,
    testing::Values(Row{"hold_for",
                        {"FUTURERELEASE 2592000 2004-12-31T23:59:59Z"},
                        [](Envelope& e) { e.hold_for = 3600; },
                        " HOLDFOR=3600"},
                    Row{"hold_until",
                        {"FUTURERELEASE"},
                        [](Envelope& e) { e.hold_until = 1'104'537'599; },
                        " HOLDUNTIL=2004-12-31T23:59:59Z"},
                    Row{"too_long",
                        {"FUTURERELEASE 3599"},
                        [](Envelope& e) { e.hold_for = 3600; },
                        "",
                        "",
                        "",
                        Errc::permanent},
                    Row{"too_late",
                        {"FUTURERELEASE 2592000 2004-12-31T23:59:58Z"},
                        [](Envelope& e) { e.hold_until = 1'104'537'599; },
                        "",
                        "",
                        "",
                        Errc::permanent},
                    Row{"other_zone",
                        {"FUTURERELEASE 9 2004-12-31T23:59:58+01:00"},
                        [](Envelope& e) { e.hold_until = 1'104'537'599; },
                        " HOLDUNTIL=2004-12-31T23:59:59Z"},
                    Row{"not_offered", {}, [](Envelope& e) { e.hold_for = 1; }, "", "", "", Errc::unsupported},
                    Row{"both",
                        {"FUTURERELEASE"},
                        [](Envelope& e) { e.hold_for = 1, e.hold_until = 1; },
                        "",
                        "",
                        "",
                        Errc::usage}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Others, TransactionCommandsTest,
    testing::Values(
        Row{"priority", {"MT-PRIORITY"}, [](Envelope& e) { e.priority = -9; }, " MT-PRIORITY=-9"},
        Row{"priority_not_offered", {}, [](Envelope& e) { e.priority = 4; }, "", "", "MT-PRIORITY"},
        Row{"priority_out_of_range", {}, [](Envelope& e) { e.priority = 10; }, "", "", "", Errc::usage},
        Row{"require_tls", {"REQUIRETLS"}, [](Envelope& e) { e.require_tls = true; }, " REQUIRETLS"},
        Row{"require_tls_not_offered",
            {},
            [](Envelope& e) { e.require_tls = true; },
            "",
            "",
            "",
            Errc::unsupported},
        Row{"require_tls_without_tls",
            {"REQUIRETLS"},
            [](Envelope& e) { e.require_tls = true; },
            "",
            "",
            "",
            Errc::unsupported,
            false},
        Row{"utf8_header", {"SMTPUTF8"}, [](Envelope& e) { e.smtputf8 = true; }, " SMTPUTF8"},
        Row{"utf8_header_not_offered",
            {},
            [](Envelope& e) { e.smtputf8 = true; },
            "",
            "",
            "",
            Errc::unsupported},
        Row{"binary",
            {"BINARYMIME", "CHUNKING"},
            [](Envelope& e) { e.body = Body::binary; },
            " BODY=BINARYMIME"},
        Row{"binary_without_chunking",
            {"BINARYMIME"},
            [](Envelope& e) { e.body = Body::binary; },
            "",
            "",
            "",
            Errc::unsupported},
        Row{"size_and_body",
            {"SIZE 1000", "8BITMIME"},
            [](Envelope& e) { e.size = 1000, e.body = Body::eight_bit; },
            " SIZE=1000 BODY=8BITMIME"},
        Row{"size_without_limit", {"SIZE"}, [](Envelope& e) { e.size = 1000; }, " SIZE=1000"},
        Row{"size_not_offered", {}, [](Envelope& e) { e.size = 1000; }, ""}),
    kName);

}  // namespace
}  // namespace mailpipe::smtp
