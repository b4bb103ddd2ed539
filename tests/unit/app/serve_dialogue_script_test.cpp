#include <gtest/gtest.h>

#include <fstream>

#include "mailpipe/app/serve/test/dialogue_log.hpp"
#include "mailpipe/app/serve/test/dialogue_script.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

Result<std::vector<Dialogue>> read(const std::string& text) {
    const tests::ScratchDirectory scratch;
    std::ofstream(scratch.file("dialogues"), std::ios::binary) << text;
    return read_dialogues(scratch.file("dialogues"));
}

TEST(DialogueScript, ReadsWhatTheLogWrites) {
    const std::string odd = "a\\b\x01\t\xC3\xA9 ***";
    for (std::size_t step = 1; step < 12; ++step) {
        DialogueLog log;
        log.note("connection 1 pop3s://127.0.0.1:1");
        log.tls_started();
        const std::string server = "+OK " + odd + "\r\n\r\nbare\npart";
        const std::string client = odd + "\r\n.\r\nQUI";
        for (std::size_t at = 0; at < server.size(); at += step)
            log.server_octets(std::string_view(server).substr(at, step));
        for (std::size_t at = 0; at < client.size(); at += step)
            log.client_octets(std::string_view(client).substr(at, step));
        const auto dialogues = read(log.take());
        ASSERT_TRUE(dialogues) << dialogues.error().message;
        ASSERT_EQ(dialogues->size(), 1U);
        EXPECT_EQ(dialogues->front().protocol, FaultProtocol::pop3);
        std::string from_server;
        std::string from_client;
        for (const ScriptLine& line : dialogues->front().lines)
            (line.from_client ? from_client : from_server) += line.octets;
        EXPECT_EQ(from_server, server);
        EXPECT_EQ(from_client, client);
        EXPECT_TRUE(dialogues->front().lines[0].tls_begins);
        EXPECT_EQ(dialogues->front().lines[1].number, 3U);
    }
}

TEST(DialogueScript, LineEndsOfAnEditorAreNoneOfTheDialogue) {
    const auto dialogues = read("# connection smtp\r\nS: 220\r\n\r\n# connections end here\r\nS| 1\\r\r\n");
    ASSERT_TRUE(dialogues) << dialogues.error().message;
    ASSERT_EQ(dialogues->size(), 1U);
    EXPECT_EQ(dialogues->front().protocol, FaultProtocol::smtp);
    ASSERT_EQ(dialogues->front().lines.size(), 2U);
    EXPECT_EQ(dialogues->front().lines[0].octets, "220\r\n");
    EXPECT_EQ(dialogues->front().lines[1].octets, "1\r");
}

TEST(DialogueScript, ErrorsNameTheLine) {
    for (const char* line : {"X: a", "C", "S a", "C: a\\", "C: \\q", "S: \\x4", "S: \\xg0", "C* x"}) {
        const auto dialogues = read(std::string("S: 220\n\n") + line + "\n");
        ASSERT_FALSE(dialogues) << line;
        EXPECT_EQ(dialogues.error().kind, Errc::data);
        EXPECT_NE(dialogues.error().message.find(":3: "), std::string::npos) << dialogues.error().message;
    }
    EXPECT_EQ(read("# nothing\n").error().kind, Errc::data);
    EXPECT_EQ(read_dialogues(tests::ScratchDirectory().file("none")).error().kind, Errc::not_found);
}

TEST(DialogueScript, StarsAreAnyText) {
    EXPECT_TRUE(matches_line("QUIT\r\n", "QUIT\r\n"));
    EXPECT_FALSE(matches_line("QUIT\r\n", "quit\r\n"));
    EXPECT_TRUE(matches_line("PASS ***\r\n", "PASS \r\n"));
    EXPECT_TRUE(matches_line("a *** b *** c", "a 1 b 2 b 3 c"));
    EXPECT_FALSE(matches_line("PASS ***\r\n", "PASS x"));
    EXPECT_FALSE(matches_line("PASS ***\r\n", ""));
}

TEST(Repertoire, EachIsPlayedOnceByProtocol) {
    const auto dialogues = read(
        "# connection 1 smtp://x\nS: 220 one\n# connection 2 lmtp:/x\nS: 220 two\n"
        "# connection\nS: 220 any\n# connection submission://x\nS: 220 three\n");
    ASSERT_TRUE(dialogues);
    Repertoire repertoire(*dialogues);
    const auto text = [&repertoire](FaultProtocol protocol) {
        const Dialogue* dialogue = repertoire.next(protocol);
        return dialogue == nullptr ? "" : dialogue->lines[0].octets;
    };
    EXPECT_EQ(text(FaultProtocol::lmtp), "220 two\r\n");
    EXPECT_EQ(text(FaultProtocol::pop3), "220 any\r\n");
    EXPECT_EQ(text(FaultProtocol::smtp), "220 one\r\n");
    EXPECT_EQ(text(FaultProtocol::smtp), "220 three\r\n");
    for (int i = 0; i < 4; ++i) {
        EXPECT_FALSE(repertoire.all_played());
        repertoire.played(true);
    }
    EXPECT_TRUE(repertoire.all_played());
    EXPECT_FALSE(repertoire.mismatched());
    EXPECT_EQ(repertoire.next(FaultProtocol::smtp), nullptr);
    EXPECT_TRUE(repertoire.mismatched());
}

}  // namespace
}  // namespace mailpipe::app::serve
