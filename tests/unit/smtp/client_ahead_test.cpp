#include <gtest/gtest.h>

#include "tests/unit/smtp/client_run.hpp"

// The next envelope, or QUIT, behind the end of a message and before its reply (RFC 2920 section 3.1).
namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

const std::string kEnvelope = "MAIL FROM:<a@b.org>\r\nRCPT TO:<x@y.org>\r\n";
const std::string kText = "Subject: x\r\n\r\n.dot\r\n";
const std::string kStuffed = "Subject: x\r\n\r\n..dot\r\n.\r\n";
const std::string kChunk = "BDAT 20 LAST\r\n" + kText;

struct Row {
    std::string name;
    Lines ehlo;
    Lines server;
    std::string output;  // behind EHLO
    Lines events;
    std::optional<Errc> error = {};
    Protocol protocol = Protocol::smtp;
};

class ClientAhead : public testing::TestWithParam<Row> {};

TEST_P(ClientAhead, WholeAndByteByByte) {
    const Row& row = GetParam();
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
        ClientOptions options = client_options();
        options.protocol = row.protocol;
        Submission wanted = submission({"x@y.org"}, kText);
        wanted.envelope.size = kText.size();
        ClientRun run(options, {wanted, wanted});
        run.ahead = true;
        Lines server{"220 x"};
        server.insert(server.end(), row.ehlo.begin(), row.ehlo.end());
        server.insert(server.end(), row.server.begin(), row.server.end());
        const ClientLog log = run.run(server, piece);
        EXPECT_EQ(log.output.substr("EHLO me.org\r\n"s.size()), row.output);
        EXPECT_EQ(log.events, row.events);
        EXPECT_EQ(log.error ? std::optional(log.error->kind) : std::nullopt, row.error)
            << (log.error ? log.error->message : "");
    }
}

const Lines kPipelining{"250-x", "250 PIPELINING"};
const Lines kChunking{"250-x", "250-PIPELINING", "250 CHUNKING"};
const Lines kBoth{"ready", "finished 250+", "finished 250+", "closed"};

INSTANTIATE_TEST_SUITE_P(
    Data, ClientAhead,
    testing::Values(Row{"accepted",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "250 one", "250 m", "250 r", "354 d", "250 two", "221 bye"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n" + kStuffed + "QUIT\r\n",
                        kBoth},
                    Row{"first_refused",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "552 one", "250 m", "250 r", "354 d", "250 two", "221 bye"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n" + kStuffed + "QUIT\r\n",
                        {"ready", "finished 552-", "finished 250+", "closed"}},
                    Row{"second_refused",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "250 one", "550 m", "503 r", "503 d", "221 bye"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\nQUIT\r\n",
                        {"ready", "finished 250+", "finished 550-", "closed"}},
                    Row{"bye_between",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "250 one", "421 enough"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n",
                        {"ready", "finished 250+", "finished 421-"},
                        Errc::temporary},
                    Row{"bye_instead_of_the_reply",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "421 no"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n",
                        {"ready", "finished 421-"},
                        Errc::temporary},
                    Row{"cut_off_between",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "250 one", "EOF"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n",
                        {"ready", "finished 250+"},
                        Errc::protocol},
                    Row{"cut_off_behind_quit",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "250 one", "250 m", "250 r", "354 d", "250 two", "EOF"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n" + kStuffed + "QUIT\r\n",
                        kBoth},
                    Row{"without_pipelining",
                        {"250 x"},
                        {"250 m", "250 r", "354 d", "250 one", "250 m", "250 r", "354 d", "250 two", "221 bye"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n" + kStuffed + "QUIT\r\n",
                        kBoth},
                    Row{"lmtp",
                        kPipelining,
                        {"250 m", "250 r", "354 d", "452 one", "250 m", "250 r", "354 d", "250 two", "221 bye"},
                        kEnvelope + "DATA\r\n" + kStuffed + kEnvelope + "DATA\r\n" + kStuffed + "QUIT\r\n",
                        {"ready", "finished 452-", "finished 250+", "closed"},
                        {},
                        Protocol::lmtp}),
    [](const auto& param) { return param.param.name; });

// RSET stands between, as a refused BDAT leaves the server in an unknown state (RFC 3030 section 2). The second message
// goes when its recipients are known: two are never in doubt at once.
INSTANTIATE_TEST_SUITE_P(
    Chunking, ClientAhead,
    testing::Values(Row{"accepted",
                        kChunking,
                        {"250 m", "250 r", "250 one", "250 rset", "250 m", "250 r", "250 two", "221 bye"},
                        kEnvelope + kChunk + "RSET\r\n" + kEnvelope + kChunk + "QUIT\r\n",
                        kBoth},
                    Row{"first_refused",
                        kChunking,
                        {"250 m", "550 r", "503 one", "250 rset", "250 m", "250 r", "250 two", "221 bye"},
                        kEnvelope + kChunk + "RSET\r\n" + kEnvelope + kChunk + "QUIT\r\n",
                        {"ready", "finished 550-", "finished 250+", "closed"}},
                    Row{"second_refused",
                        kChunking,
                        {"250 m", "250 r", "250 one", "250 rset", "250 m", "550 r", "221 bye"},
                        kEnvelope + kChunk + "RSET\r\n" + kEnvelope + "QUIT\r\n",
                        {"ready", "finished 250+", "finished 550-", "closed"}},
                    Row{"lmtp",
                        kChunking,
                        {"250 m", "250 r", "250 one", "250 rset", "250 m", "250 r", "250 two", "221 bye"},
                        kEnvelope + kChunk + "RSET\r\n" + kEnvelope + kChunk + "QUIT\r\n",
                        kBoth,
                        {},
                        Protocol::lmtp}),
    [](const auto& param) { return param.param.name; });

// One round trip a message: what was written at once is what a server has to answer next.
TEST(ClientAheadFlights, OneRoundTripForEachMessage) {
    ClientSession session(client_options());
    for (const char* replies : {"220 x\r\n", "250-x\r\n250 PIPELINING\r\n"}) {
        while (!std::holds_alternative<wire::NeedInput>(session.next())) {
        }
        session.feed(replies);
    }
    ASSERT_TRUE(std::holds_alternative<Ready>(session.next()));
    session.submit(submission({"x@y.org"}).envelope);
    const auto flight = [&session](const char* replies) {
        std::string out;
        auto next = session.next();
        for (; !std::holds_alternative<wire::NeedInput>(next); next = session.next()) {
            if (const auto* output = std::get_if<wire::Output>(&next)) out += output->octets;
            if (!std::holds_alternative<BodyWanted>(next)) continue;
            session.body("x\r\n");
            session.body_end();
            session.submit(submission({"x@y.org"}).envelope);
        }
        session.feed(replies);
        return out;
    };
    EXPECT_EQ(flight("250 m\r\n250 r\r\n354 d\r\n"), kEnvelope + "DATA\r\n");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(flight("250 one\r\n250 m\r\n250 r\r\n354 d\r\n"), "x\r\n.\r\n" + kEnvelope + "DATA\r\n");
    }
}

}  // namespace
}  // namespace mailpipe::smtp::test
