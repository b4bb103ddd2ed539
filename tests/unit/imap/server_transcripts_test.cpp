#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/transcript.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {
namespace {

using mailpipe::test::read_transcript;

// The capabilities after login have a test of their own.
std::string shorten(std::string line) {
    const std::size_t start = line.find("ENABLE ID IDLE ");
    if (start == std::string::npos) return line;
    return line.substr(0, line.find("[CAPABILITY ")) +
           "[CAPABILITY IMAP4rev1 LITERAL+ ENABLE ID] Logged in\r\n";
}

Options options_of(const std::string& name) {
    Options options = loopback_options();
    options.tls_available = true;
    options.login_without_tls = name != "starttls_authenticate.txt";
    return options;
}

TEST(ServerTranscripts, PlayWithTheInputSplitAtEveryOctet) {
    std::size_t files = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(MAILPIPE_SOURCE_DIR "/tests/transcripts/imap_server")) {
        const auto lines = read_transcript(file.path());
        ++files;
        for (const std::size_t piece :
             {std::string_view::npos, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
            Driver server(options_of(file.path().filename()));
            for (std::size_t i = 0; i < lines.size(); ++i) {
                if (lines[i].tls_starts) {
                    server.session.tls_started();
                    continue;
                }
                if (lines[i].from_client) {
                    server.feed(lines[i].octets, piece);
                    continue;
                }
                const std::size_t end = server.output.find("\r\n");
                ASSERT_NE(end, std::string::npos) << file.path() << " line " << i << ": " << lines[i].octets;
                EXPECT_EQ(shorten(server.output.substr(0, end + 2)), lines[i].octets)
                    << file.path() << " line " << i;
                server.output.erase(0, end + 2);
            }
            EXPECT_EQ(server.output, "") << file.path();
            EXPECT_EQ(server.events.back(), "quit") << file.path();
        }
    }
    EXPECT_GE(files, 4U);
}

}  // namespace
}  // namespace mailpipe::imap::server::test
