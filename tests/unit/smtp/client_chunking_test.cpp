#include <gtest/gtest.h>

#include "tests/unit/smtp/client_run.hpp"

// CHUNKING and BINARYMIME (RFC 3030), whole and byte by byte.
namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

const std::string kMail = "MAIL FROM:<a@b.org>\r\n";
const std::string kTwo = "RCPT TO:<x@y.org>\r\nRCPT TO:<z@y.org>\r\n";
const std::string kText = "Subject: x\r\n\r\n.dot\r\n";
const std::string kWhole = kMail + kTwo + "BDAT 20 LAST\r\n" + kText;

struct Row {
    std::string name;
    Lines server;        // behind the reply to EHLO
    std::string output;  // behind EHLO
    Lines events;        // behind ready
    std::optional<Errc> finished_error = {};
    std::optional<Errc> error = {};
    Protocol protocol = Protocol::smtp;
    bool size_known = true;
};

class ClientChunking : public testing::TestWithParam<Row> {};

TEST_P(ClientChunking, WholeAndByteByByte) {
    const Row& row = GetParam();
    Lines server{"220 x", "250-x", "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250 CHUNKING"};
    server.insert(server.end(), row.server.begin(), row.server.end());
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        ClientOptions options = client_options();
        options.protocol = row.protocol;
        Submission wanted = submission({"x@y.org", "z@y.org"}, kText);
        if (row.size_known) wanted.envelope.size = kText.size();
        ClientRun run(options, {wanted});
        const ClientLog log = run.run(server, piece);
        EXPECT_EQ(log.output.substr("EHLO me.org\r\n"s.size()), row.output);
        Lines events{"ready"};
        events.insert(events.end(), row.events.begin(), row.events.end());
        EXPECT_EQ(log.events, events);
        const auto finished = log.finished.empty() ? std::optional<Error>{} : log.finished[0].error;
        EXPECT_EQ(finished ? std::optional(finished->kind) : std::nullopt, row.finished_error);
        EXPECT_EQ(log.error ? std::optional(log.error->kind) : std::nullopt, row.error)
            << (log.error ? log.error->message : "");
    }
}

const auto kName = [](const auto& param) { return param.param.name; };

INSTANTIATE_TEST_SUITE_P(
    OneFlight, ClientChunking,
    testing::Values(Row{"accepted",
                        {"250 m", "250 r", "250 r", "250 done", "221 bye"},
                        kWhole + "QUIT\r\n",
                        {"finished 250+ 250+", "closed"}},
                    Row{"mail_refused",
                        {"550 5.7.1 m", "503 r", "503 r", "503 b", "221 bye"},
                        kWhole + "QUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::permanent},
                    Row{"all_refused",
                        {"250 m", "550 5.1.1 r", "550 r", "503 b", "221 bye"},
                        kWhole + "QUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::no_user},
                    Row{"all_refused_and_taken",
                        {"250 m", "550 5.1.1 r", "550 r", "250 really", "221 bye"},
                        kWhole + "QUIT\r\n",
                        {"finished 550- 550-", "closed"},
                        Errc::no_user},
                    Row{"one_refused",
                        {"250 m", "550 5.1.1 r", "250 r", "250 done", "221 bye"},
                        kWhole + "QUIT\r\n",
                        {"finished 550- 250+", "closed"}},
                    Row{"message_refused",
                        {"250 m", "250 r", "450 r", "552 5.3.4 full", "221 bye"},
                        kWhole + "QUIT\r\n",
                        {"finished 552- 450-", "closed"},
                        Errc::temporary},
                    Row{"odd_reply", {"250 m", "250 r", "250 r", "354 what"}, kWhole, {}, {}, Errc::protocol},
                    Row{"bye",
                        {"250 m", "250 r", "250 r", "421 bye"},
                        kWhole,
                        {"finished 421- 421-"},
                        Errc::temporary,
                        Errc::temporary},
                    Row{"cut_off", {"250 m", "250 r", "EOF"}, kWhole, {}, {}, Errc::protocol}),
    kName);

INSTANTIATE_TEST_SUITE_P(BehindRcpt, ClientChunking,
                         testing::Values(Row{"accepted",
                                             {"250 m", "250 r", "250 r", "250 done", "221 bye"},
                                             kWhole + "QUIT\r\n",
                                             {"finished 250+ 250+", "closed"},
                                             {},
                                             {},
                                             Protocol::smtp,
                                             false},
                                         Row{"all_refused",
                                             {"250 m", "550 5.1.1 r", "550 r", "221 bye"},
                                             kMail + kTwo + "QUIT\r\n",
                                             {"finished 550- 550-", "closed"},
                                             Errc::no_user,
                                             {},
                                             Protocol::smtp,
                                             false},
                                         Row{"mail_refused",
                                             {"550 5.7.1 m", "503 r", "250 r", "221 bye"},
                                             kMail + kTwo + "QUIT\r\n",
                                             {"finished 550- 550-", "closed"},
                                             Errc::permanent,
                                             {},
                                             Protocol::smtp,
                                             false}),
                         kName);

INSTANTIATE_TEST_SUITE_P(Lmtp, ClientChunking,
                         testing::Values(Row{"both",
                                             {"250 m", "250 r", "250 r", "250 one", "452 4.2.2 two", "221 bye"},
                                             kWhole + "QUIT\r\n",
                                             {"finished 250+ 452-", "closed"},
                                             {},
                                             {},
                                             Protocol::lmtp},
                                         Row{"replies_only_for_the_accepted",
                                             {"250 m", "550 r", "250 r", "250 two", "221 bye"},
                                             kWhole + "QUIT\r\n",
                                             {"finished 550- 250+", "closed"},
                                             {},
                                             {},
                                             Protocol::lmtp},
                                         Row{"none_accepted",
                                             {"250 m", "550 5.1.1 r", "550 r", "503 b", "221 bye"},
                                             kWhole + "QUIT\r\n",
                                             {"finished 550- 550-", "closed"},
                                             Errc::no_user,
                                             {},
                                             Protocol::lmtp},
                                         Row{"cut_off_between_replies",
                                             {"250 m", "250 r", "250 r", "250 one", "EOF"},
                                             kWhole,
                                             {"finished 250+ 421-"},
                                             {},
                                             Errc::protocol,
                                             Protocol::lmtp}),
                         kName);

std::string chunked(std::size_t size) {
    std::string text = "Subject: x\r\n\r\n";
    while (text.size() < size)
        text += "0123456789\r\n";
    return text;
}

TEST(ClientChunkingLarge, InChunksOf64KiB) {
    const std::string text = chunked(150'000);
    ClientRun run(client_options(), {submission({"x@y.org"}, text)});
    run.run({"220 x", "250-x", "250-PIPELINING", "250 CHUNKING", "250 m", "250 r", "250 c", "250 c", "250 done",
             "221"});
    const std::string rest = std::to_string(text.size() - 131'072);
    EXPECT_EQ(run.log.output, "EHLO me.org\r\n" + kMail + "RCPT TO:<x@y.org>\r\nBDAT 65536\r\n" +
                                  text.substr(0, 65'536) + "BDAT 65536\r\n" + text.substr(65'536, 65'536) +
                                  "BDAT " + rest + " LAST\r\n" + text.substr(131'072) + "QUIT\r\n");
    EXPECT_EQ(run.log.events, (Lines{"ready", "finished 250+", "closed"}));
}

// A refusal stops a message of which 16 chunks may be under way, and RSET comes before the next one.
TEST(ClientChunkingLarge, RefusedOnTheWay) {
    ClientRun run(client_options(), {submission({"x@y.org"}, chunked(3'000'000)), submission({"x@y.org"})});
    Lines server{"220 x", "250-x", "250-PIPELINING", "250 CHUNKING", "250 m", "250 r", "552 5.3.4 enough"};
    for (int i = 0; i < 15; ++i)
        server.emplace_back("503 after that");
    for (const char* line : {"250 rset", "250 m", "250 r", "250 done", "221 bye"})
        server.emplace_back(line);
    run.run(server);
    EXPECT_EQ(run.log.events, (Lines{"ready", "finished 552-", "finished 250+", "closed"}));
    EXPECT_LT(run.log.output.size(), 17 * 65'600U);
    EXPECT_EQ(run.log.output.find(" LAST"), run.log.output.rfind(" LAST"));
    EXPECT_NE(run.log.output.find("RSET\r\nMAIL"), std::string::npos);
}

TEST(ClientChunkingLarge, BinaryGoesAsItIs) {
    Submission wanted = submission({"x@y.org"}, "Subject: x\r\n\r\nbare\nlone\rnul\0no end"s);
    wanted.envelope.body = Body::binary;
    for (const std::string pipelining : {"250-PIPELINING", "250-X"}) {
        ClientRun run(client_options(), {wanted});
        run.run({"220 x", "250-x", pipelining, "250-BINARYMIME", "250 CHUNKING", "250 m", "250 r", "250 done",
                 "221 x"});
        EXPECT_NE(run.log.output.find(" BODY=BINARYMIME\r\nRCPT TO:<x@y.org>\r\nBDAT " +
                                      std::to_string(wanted.body.size()) + " LAST\r\n" + wanted.body + "QUIT"),
                  std::string::npos)
            << run.log.output;
        EXPECT_EQ(run.log.events, (Lines{"ready", "finished 250+", "closed"}));
    }
}

TEST(ClientChunkingLarge, OpenLastLineIsClosedAsByData) {
    Submission wanted = submission({"x@y.org"}, "Subject: x\r\n\r\nno end");
    ClientRun run(client_options(), {wanted});
    run.run({"220 x", "250-x", "250-PIPELINING", "250 CHUNKING", "250 m", "250 r"});
    EXPECT_NE(run.log.output.find("BDAT 22 LAST\r\nSubject: x\r\n\r\nno end\r\n"), std::string::npos);
}

TEST(ClientChunkingLarge, WithoutPipeliningDataIsAsGood) {
    ClientRun run(client_options(), {submission({"x@y.org"})});
    run.run({"220 x", "250-x", "250 CHUNKING", "250 m", "250 r"});
    EXPECT_NE(run.log.output.find("DATA\r\n"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::smtp::test
