#include <gtest/gtest.h>

#include <string>

#include "tests/unit/smtp/client_run.hpp"

namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

const Lines kBare{"220 x", "250 x"};
const Lines kPipelining{"220 x", "250-x", "250-PIPELINING", "250 ENHANCEDSTATUSCODES"};
const std::string kMail = "MAIL FROM:<a@b.org>\r\n";
const std::string kTwo = "RCPT TO:<x@y.org>\r\nRCPT TO:<z@y.org>\r\n";
const std::string kBody = "Subject: x\r\n\r\n..dot\r\n.\r\n";

Lines operator+(Lines a, const Lines& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

struct Row {
    std::string name;
    Lines server;
    std::string output;  // behind EHLO
    Lines events;        // behind ready
    std::optional<Errc> finished_error;
    std::optional<Errc> error;
    Protocol protocol = Protocol::smtp;
};

class ClientTransaction : public testing::TestWithParam<Row> {};

TEST_P(ClientTransaction, WholeAndByteByByte) {
    const auto& row = GetParam();
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        ClientOptions options = client_options();
        options.protocol = row.protocol;
        ClientRun run(options, {submission({"x@y.org", "z@y.org"})});
        const ClientLog log = run.run(row.server, piece);
        EXPECT_EQ(log.output.substr(std::min(log.output.size(), "EHLO me.org\r\n"s.size())), row.output);
        EXPECT_EQ(log.events, Lines{"ready"} + row.events);
        ASSERT_EQ(log.finished.size(), row.events.empty() ? 0U : 1U);
        if (!log.finished.empty()) {
            const auto& error = log.finished[0].error;
            ASSERT_EQ(error.has_value(), row.finished_error.has_value()) << (error ? error->message : "");
            if (error) {
                EXPECT_EQ(error->kind, *row.finished_error) << error->message;
            }
            if (error) {
                EXPECT_TRUE(error->reply.has_value());
            }
        }
        ASSERT_EQ(log.error.has_value(), row.error.has_value()) << (log.error ? log.error->message : "");
        if (log.error) {
            EXPECT_EQ(log.error->kind, *row.error) << log.error->message;
        }
    }
}

const auto kName = [](const auto& param) { return param.param.name; };
const std::string kGroup = kMail + kTwo + "DATA\r\n";

INSTANTIATE_TEST_SUITE_P(
    OneAtATime, ClientTransaction,
    testing::Values(Row{"accepted",
                        kBare + Lines{"250 m", "250 r", "250 r", "354 d", "250 done", "221 bye"},
                        kGroup + kBody + "QUIT\r\n",
                        {"finished 250+ 250+", "closed"},
                        {},
                        {}},
                    Row{"mail_refused",
                        kBare + Lines{"550 5.7.1 m", "221 bye"},
                        kMail + "QUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::permanent,
                        {}},
                    Row{"one_refused",
                        kBare + Lines{"250 m", "550 5.1.1 r", "251 r", "354 d", "250 ok", "221 bye"},
                        kGroup + kBody + "QUIT\r\n",
                        {"finished 550- 250+", "closed"},
                        {},
                        {}},
                    Row{"all_refused",
                        kBare + Lines{"250 m", "550 5.1.1 r", "451 r", "221 bye"},
                        kMail + kTwo + "QUIT\r\n",
                        {"finished 550- 451-", "closed"},
                        Errc::no_user,
                        {}},
                    Row{"data_refused",
                        kBare + Lines{"250 m", "250 r", "250 r", "451 d", "221 bye"},
                        kGroup + "QUIT\r\n",
                        {"finished 451- 451-", "closed"},
                        Errc::temporary,
                        {}},
                    Row{"body_refused",
                        kBare + Lines{"250 m", "250 r", "450 r", "354 d", "552 5.3.4 full", "221 bye"},
                        kGroup + kBody + "QUIT\r\n",
                        {"finished 552- 450-", "closed"},
                        Errc::temporary,
                        {}},
                    Row{"bye_421",
                        kBare + Lines{"250 m", "421 bye"},
                        kMail + "RCPT TO:<x@y.org>\r\n",
                        {"finished 421- 421-"},
                        Errc::temporary,
                        Errc::temporary},
                    Row{"eof_after_body",
                        kBare + Lines{"250 m", "250 r", "250 r", "354 d", "EOF"},
                        kGroup + kBody,
                        {},
                        {},
                        Errc::protocol},
                    Row{"odd_mail_reply", kBare + Lines{"354 m"}, kMail, {}, {}, Errc::protocol},
                    Row{"odd_data_reply",
                        kBare + Lines{"250 m", "250 r", "250 r", "250 d"},
                        kGroup,
                        {},
                        {},
                        Errc::protocol},
                    Row{"odd_body_reply",
                        kBare + Lines{"250 m", "250 r", "250 r", "354 d", "354 e"},
                        kGroup + kBody,
                        {},
                        {},
                        Errc::protocol}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Pipelined, ClientTransaction,
    testing::Values(Row{"accepted",
                        kPipelining + Lines{"250 2.1.0 m", "250 r", "250 r", "354 d", "250 done", "221 bye"},
                        kGroup + kBody + "QUIT\r\n",
                        {"finished 250+ 250+", "closed"},
                        {},
                        {}},
                    Row{"mail_refused",
                        kPipelining + Lines{"552 5.3.4 m", "503 r", "503 r", "503 d", "221 bye"},
                        kGroup + "QUIT\r\n",
                        {"finished 552- 552-", "closed"},
                        Errc::permanent,
                        {}},
                    Row{"all_refused",
                        kPipelining + Lines{"250 m", "550 5.1.1 r", "550 5.7.1 r", "554 d", "221 bye"},
                        kGroup + "QUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::no_user,
                        {}},
                    // RFC 2920 section 3.1: DATA accepted with no recipient; an empty message is ended.
                    Row{"data_without_recipients",
                        kPipelining +
                            Lines{"250 m", "550 5.1.1 r", "550 r", "354 d", "554 no recipients", "221 bye"},
                        kGroup + ".\r\nQUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::no_user,
                        {}},
                    Row{"mail_refused_rest_accepted",
                        kPipelining + Lines{"550 5.7.1 m", "250 r", "250 r", "354 d", "250 really", "221 bye"},
                        kGroup + ".\r\nQUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::permanent,
                        {}},
                    Row{"one_refused",
                        kPipelining + Lines{"250 m", "250 r", "452 4.5.3 r", "354 d", "250 ok", "221 bye"},
                        kGroup + kBody + "QUIT\r\n",
                        {"finished 250+ 452-", "closed"},
                        {},
                        {}},
                    Row{"eof_in_group", kPipelining + Lines{"250 m", "EOF"}, kGroup, {}, {}, Errc::protocol}),
    kName);

INSTANTIATE_TEST_SUITE_P(
    Lmtp, ClientTransaction,
    testing::Values(
        Row{"both",
            kPipelining + Lines{"250 m", "250 r", "250 r", "354 d", "250 one", "250 two", "221 bye"},
            kGroup + kBody + "QUIT\r\n",
            {"finished 250+ 250+", "closed"},
            {},
            {},
            Protocol::lmtp},
        Row{"one_full",
            kPipelining + Lines{"250 m", "250 r", "250 r", "354 d", "250 one", "452 4.2.2 two", "221 bye"},
            kGroup + kBody + "QUIT\r\n",
            {"finished 250+ 452-", "closed"},
            {},
            {},
            Protocol::lmtp},
        Row{"replies_only_for_the_accepted",
            kPipelining + Lines{"250 m", "550 r", "250 r", "354 d", "250 two", "221 bye"},
            kGroup + kBody + "QUIT\r\n",
            {"finished 550- 250+", "closed"},
            {},
            {},
            Protocol::lmtp},
        Row{"none_accepted",
            kPipelining + Lines{"250 m", "550 5.1.1 r", "550 r", "503 d", "221 bye"},
            kGroup + "QUIT\r\n",
            {"finished 550- 550-", "closed"},
            Errc::no_user,
            {},
            Protocol::lmtp},
        Row{"data_without_recipients",
            kPipelining + Lines{"250 m", "550 5.1.1 r", "550 r", "354 d"},
            kGroup,
            {"finished 550- 550-"},
            Errc::no_user,
            Errc::protocol,
            Protocol::lmtp},
        Row{"cut_off_between_replies",
            kPipelining + Lines{"250 m", "250 r", "250 r", "354 d", "250 one", "EOF"},
            kGroup + kBody,
            {"finished 250+ 421-"},
            {},
            Errc::protocol,
            Protocol::lmtp}),
    kName);

TEST(ClientTransaction, RsetComesBeforeTheNextAfterADataRefusal) {
    ClientRun run(client_options(), {submission({"x@y.org"}), submission({"x@y.org"})});
    run.run(kPipelining +
            Lines{"250 m", "250 r", "451 d", "250 rset", "250 m", "250 r", "354 d", "250 ok", "221 bye"});
    EXPECT_EQ(run.log.events, (Lines{"ready", "finished 451-", "finished 250+", "closed"}));
    EXPECT_NE(run.log.output.find("DATA\r\nRSET\r\nMAIL FROM"), std::string::npos) << run.log.output;
}

TEST(ClientTransaction, ParametersWhereOffered) {
    Submission wanted = submission({"x@y.org"});
    wanted.envelope.size = 123;
    wanted.envelope.body = Body::eight_bit;
    ClientRun run(client_options(), {wanted});
    run.run({"220 x", "250-x", "250-SIZE 1000", "250 8BITMIME"});
    EXPECT_NE(run.log.output.find("MAIL FROM:<a@b.org> SIZE=123 BODY=8BITMIME\r\n"), std::string::npos);
    wanted.envelope.body = Body::seven_bit;
    ClientRun bare(client_options(), {wanted});
    bare.run(kBare);
    EXPECT_NE(bare.log.output.find(kMail), std::string::npos);
}

struct Impossible {
    std::string name;
    Envelope envelope;
    Lines ehlo;
    Errc error;
};

class ClientRefuses : public testing::TestWithParam<Impossible> {};

TEST_P(ClientRefuses, BeforeMail) {
    ClientRun run(client_options(), {{GetParam().envelope, ""}});
    run.run(Lines{"220 x"} + GetParam().ehlo + Lines{"221 bye"});
    ASSERT_EQ(run.log.finished.size(), 1U);
    ASSERT_TRUE(run.log.finished[0].error.has_value());
    EXPECT_EQ(run.log.finished[0].error->kind, GetParam().error) << run.log.finished[0].error->message;
    EXPECT_EQ(run.log.output, "EHLO me.org\r\nQUIT\r\n");
    EXPECT_EQ(run.log.events.back(), "closed");
}

// threats.md: CR, LF, NUL in addresses: impossible to put into a command.
INSTANTIATE_TEST_SUITE_P(
    Table, ClientRefuses,
    testing::Values(
        Impossible{"too_large",
                   {{"a", "b.org"}, {{"x", "y.org"}}, 1001, Body::seven_bit},
                   {"250-x", "250 SIZE 1000"},
                   Errc::permanent},
        Impossible{
            "eight_bit", {{"a", "b.org"}, {{"x", "y.org"}}, {}, Body::eight_bit}, {"250 x"}, Errc::unsupported},
        Impossible{"utf8",
                   {{"a", "b.org"}, {{"j\xC3\xBC", "y.org"}}, {}, Body::seven_bit},
                   {"250 x"},
                   Errc::unsupported},
        Impossible{"no_recipient", {{"a", "b.org"}, {}, {}, Body::seven_bit}, {"250 x"}, Errc::usage},
        Impossible{"crlf_in_recipient",
                   {{"a", "b.org"}, {{"x>\r\nRCPT TO:<evil", "y.org"}}, {}, Body::seven_bit},
                   {"250 x"},
                   Errc::data},
        Impossible{"lf_in_domain",
                   {{"a", "b.org"}, {{"x", "y.org\nDATA"}}, {}, Body::seven_bit},
                   {"250 x"},
                   Errc::data},
        Impossible{"nul_in_sender",
                   {{"a\0b"s, "b.org"}, {{"x", "y.org"}}, {}, Body::seven_bit},
                   {"250 x"},
                   Errc::data},
        Impossible{"space_in_domain",
                   {{"a", "b.org"}, {{"x", "y.org> NOTIFY=NEVER"}}, {}, Body::seven_bit},
                   {"250 x"},
                   Errc::data},
        Impossible{"empty_domain", {{"a", "b.org"}, {{"x", ""}}, {}, Body::seven_bit}, {"250 x"}, Errc::data}),
    [](const auto& param) { return param.param.name; });

TEST(ClientTransaction, Smtputf8WhereOffered) {
    Submission wanted = submission({"x@y.org"});
    wanted.envelope.recipients = {{"j\xC3\xBC", "y.org"}};
    ClientRun run(client_options(), {wanted});
    run.run({"220 x", "250-x", "250 SMTPUTF8", "250 m"});
    EXPECT_NE(run.log.output.find("MAIL FROM:<a@b.org> SMTPUTF8\r\nRCPT TO:<j\xC3\xBC@y.org>\r\n"),
              std::string::npos);
}

// threats.md: SMTP smuggling, out: never passed on, and the message is left without its end.
TEST(ClientThreats, SmtpSmugglingOut) {
    for (const std::string& body :
         {"x\n.\nMAIL FROM:<evil@b.org>\r\n"s, "x\r.\r\n"s, "x\r\n.\r"s, "a\0b\r\n"s, "x\n"s}) {
        ClientRun run(client_options(), {submission({"x@y.org"}, body)});
        run.run(kBare + Lines{"250 m", "250 r", "354 d"});
        ASSERT_TRUE(run.log.error.has_value()) << body;
        EXPECT_EQ(run.log.error->kind, Errc::data);
        EXPECT_EQ(run.log.output.find("\n.\r\n"), std::string::npos) << body;
        EXPECT_EQ(run.log.output.find("x\n."), std::string::npos) << body;
    }
}

TEST(ClientTransaction, BodyWithoutLastLineEndGetsOne) {
    ClientRun run(client_options(), {submission({"x@y.org"}, "no end")});
    run.run(kBare + Lines{"250 m", "250 r", "354 d"});
    EXPECT_NE(run.log.output.find("\r\nno end\r\n.\r\n"), std::string::npos);
}

TEST(ClientTransaction, PostmasterAndNullReversePath) {
    Submission wanted;
    wanted.envelope.recipients = {{"postmaster", ""}};
    ClientRun run(client_options(), {wanted});
    run.run(kPipelining);
    EXPECT_NE(run.log.output.find("MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n"), std::string::npos);
}

// What Cyrus and Dovecot take over LMTP.
TEST(ClientTransaction, UserNameAsTheRecipientOverLmtp) {
    Submission wanted = submission({"x@y.org"});
    wanted.envelope.recipients = {{"alice", ""}, {"a b", ""}};
    ClientOptions options = client_options();
    options.protocol = Protocol::lmtp;
    ClientRun run(std::move(options), {wanted});
    run.run(kPipelining);
    EXPECT_NE(run.log.output.find("\r\nRCPT TO:<alice>\r\nRCPT TO:<\"a b\">\r\nDATA\r\n"), std::string::npos)
        << run.log.output;
}

// Variable reverse-paths of mailing lists.
TEST(ClientTransaction, LongReversePath) {
    Submission wanted = submission({"x@y.org"});
    wanted.envelope.reverse_path = {std::string(256, 'v'), "b.org"};
    ClientRun run(client_options(), {wanted});
    run.run(kPipelining);
    EXPECT_NE(run.log.output.find("MAIL FROM:<" + std::string(256, 'v') + "@b.org>\r\n"), std::string::npos);
}

// A server that answers while the message is still on its way has given up on it.
TEST(ClientTransaction, EarlyReplyInsideTheMessage) {
    ClientSession session(client_options());
    for (const char* text : {"220 x\r\n", "250 x\r\n"}) {
        session.feed(text);
        while (!std::holds_alternative<wire::NeedInput>(session.next())) {
        }
    }
    session.submit(submission({"x@y.org"}).envelope);
    for (const char* text : {"250 m\r\n", "250 r\r\n", "354 d\r\n"}) {
        while (!std::holds_alternative<wire::NeedInput>(session.next())) {
        }
        session.feed(text);
    }
    while (!std::holds_alternative<BodyWanted>(session.next())) {
    }
    session.body("x\r\n");
    session.feed("552 5.3.4 enough\r\n");
    auto step = session.next();
    while (std::holds_alternative<wire::Output>(step) || std::holds_alternative<BodyWanted>(step))
        step = session.next();
    ASSERT_TRUE(std::holds_alternative<Finished>(step));
    EXPECT_EQ(std::get<Finished>(step).recipients[0].reply.code, 552);
    step = session.next();
    ASSERT_TRUE(std::holds_alternative<wire::Failed>(step));
    EXPECT_EQ(std::get<wire::Failed>(step).error.reply->code, 552);
}

}  // namespace
}  // namespace mailpipe::smtp::test
