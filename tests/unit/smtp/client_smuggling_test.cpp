#include <gtest/gtest.h>

#include "tests/unit/smtp/client_run.hpp"

// threats.md: SMTP smuggling, out. Every sequence that some server has taken for the end of a message (CVE-2023-51764,
// -51765, -51766 and their like), inside of one, followed by commands of the attacker.
namespace mailpipe::smtp::test {
namespace {

using namespace std::string_literals;

const std::string kSmuggled =
    "MAIL FROM:<evil@b.org>\r\nRCPT TO:<victim@y.org>\r\nDATA\r\nSubject: smuggled\r\n";

std::vector<std::string> endings() {
    const std::vector<std::string> line_ends{"\n",   "\r",      "\r\n",    "\r\r\n", "\n\r",
                                             "\n\n", "\r\0\n"s, "\0\r\n"s, ""};
    std::vector<std::string> all;
    for (const std::string& before : line_ends) {
        for (const std::string& after : line_ends) {
            for (const std::string& dots : {"."s, ".."s, "\0."s, ".\0"s}) {
                all.push_back(before + dots + after);
            }
        }
    }
    return all;
}

struct Way {
    std::string name;
    std::vector<std::string> ehlo;
};

class ClientSmuggling : public testing::TestWithParam<Way> {};

// What goes out is either nothing of the message's end, or one message in which no line is a lone dot.
TEST_P(ClientSmuggling, NoEndOfDataButOurs) {
    for (const std::string& ending : endings()) {
        const std::string body = "Subject: x\r\n\r\ntext" + ending + kSmuggled;
        Submission wanted = submission({"x@y.org"}, body);
        wanted.envelope.size = body.size();
        ClientRun run(client_options(), {wanted});
        std::vector<std::string> server{"220 x"};
        server.insert(server.end(), GetParam().ehlo.begin(), GetParam().ehlo.end());
        for (const char* line : {"250 m", "250 r", "354 d", "250 done", "221 bye"})
            server.emplace_back(line);
        const ClientLog log = run.run(server);
        const std::size_t data = log.output.find("DATA\r\n");
        const std::size_t chunk = log.output.find("BDAT ");
        if (log.error && log.error->kind == Errc::data) {
            EXPECT_EQ(log.output.find("evil"), std::string::npos) << testing::PrintToString(ending);
            EXPECT_EQ(log.output.find("\n.\r\n"), std::string::npos) << testing::PrintToString(ending);
        } else if (chunk != std::string::npos && chunk < data) {
            EXPECT_NE(log.output.find("BDAT " + std::to_string(body.size()) + " LAST\r\n" + body),
                      std::string::npos);
        } else {
            const std::string sent = log.output.substr(data + 6, log.output.rfind("QUIT") - data - 6);
            EXPECT_EQ(sent.find("\r\n.\r\n"), sent.size() - 5) << testing::PrintToString(ending);
            for (const char* bare : {"\n.\n", "\n.\r", "\r.\r", "\r.\n", "\n.\r\r\n"}) {
                if (bare != std::string("\n.\r")) {
                    EXPECT_EQ(sent.find(bare), std::string::npos);
                }
            }
        }
        const bool clean = ending.find_first_of("\r\n\0"s) == std::string::npos || ending == "\r\n.\r\n" ||
                           ending == "\r\n..\r\n" || ending == "\r\n." || ending == "\r\n.." ||
                           ending == ".\r\n" || ending == "..\r\n";
        EXPECT_EQ(log.error.has_value() && log.error->kind == Errc::data, !clean)
            << testing::PrintToString(ending);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, ClientSmuggling,
                         testing::Values(Way{"data", {"250 x"}},
                                         Way{"pipelined_data", {"250-x", "250 PIPELINING"}},
                                         Way{"chunking", {"250-x", "250-PIPELINING", "250 CHUNKING"}}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace mailpipe::smtp::test
