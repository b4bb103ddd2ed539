#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "mailpipe/app/serve/test/ports_file.hpp"

namespace mailpipe::app::serve {
namespace {

const std::string kPath = testing::TempDir() + "/ports-file";

TEST(PortsFile, IsReadBackAndByAShell) {
    PortsFile::Lines lines;
    for (const char* url :
         {"smtp://127.0.0.1:25001", "smtp://127.0.0.1:25002", "pop3s://[::1]:995", "lmtp:/tmp/a%20b"})
        PortsFile::add_socket(lines, url);
    lines.emplace_back("MAILPIPE_STORE", "maildir:/tmp/it's $(here)/%u");
    {
        const auto held = PortsFile::write(kPath, lines);
        ASSERT_TRUE(held);
        EXPECT_TRUE(PortsFile::is_held(kPath));
    }
    EXPECT_FALSE(PortsFile::is_held(kPath));
    const auto read = PortsFile::read(kPath);
    ASSERT_TRUE(read);
    const std::map<std::string, std::string> wanted{
        {"MAILPIPE_SMTP_URL", "smtp://127.0.0.1:25001"}, {"MAILPIPE_SMTP_PORT", "25001"},
        {"MAILPIPE_POP3S_URL", "pop3s://[::1]:995"},     {"MAILPIPE_POP3S_PORT", "995"},
        {"MAILPIPE_LMTP_URL", "lmtp:/tmp/a%20b"},        {"MAILPIPE_STORE", "maildir:/tmp/it's $(here)/%u"}};
    EXPECT_EQ(*read, wanted);
    const std::string command =
        ". " + kPath + " && [ \"$MAILPIPE_STORE\" = \"maildir:/tmp/it's \\$(here)/%u\" ]";
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::remove(kPath.c_str());
}

TEST(PortsFile, Errors) {
    EXPECT_EQ(PortsFile::read(kPath + "-none").error().kind, Errc::not_found);
    EXPECT_FALSE(PortsFile::is_held(kPath + "-none"));
    std::ofstream(kPath) << "A=b\nnonsense\n";
    EXPECT_EQ(PortsFile::read(kPath).error().kind, Errc::data);
    EXPECT_FALSE(PortsFile::write(testing::TempDir() + "/no/such/directory", {}));
    std::remove(kPath.c_str());
}

}  // namespace
}  // namespace mailpipe::app::serve
