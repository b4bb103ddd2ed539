#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "mailpipe/app/serve/test/ports_file.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

TEST(PortsFile, IsReadBackAndByAShell) {
    const tests::ScratchDirectory scratch;
    const std::string path = scratch.file("ports-file");
    PortsFile::Lines lines;
    for (const char* url :
         {"smtp://127.0.0.1:25001", "smtp://127.0.0.1:25002", "pop3s://[::1]:995", "lmtp:/tmp/a%20b"})
        PortsFile::add_socket(lines, url);
    lines.emplace_back("MAILPIPE_STORE", "maildir:/tmp/it's $(here)/%u");
    {
        const auto held = PortsFile::write(path, lines);
        ASSERT_TRUE(held);
        EXPECT_TRUE(PortsFile::is_held(path));
    }
    EXPECT_FALSE(PortsFile::is_held(path));
    const auto read = PortsFile::read(path);
    ASSERT_TRUE(read);
    const std::map<std::string, std::string> wanted{
        {"MAILPIPE_SMTP_URL", "smtp://127.0.0.1:25001"}, {"MAILPIPE_SMTP_PORT", "25001"},
        {"MAILPIPE_POP3S_URL", "pop3s://[::1]:995"},     {"MAILPIPE_POP3S_PORT", "995"},
        {"MAILPIPE_LMTP_URL", "lmtp:/tmp/a%20b"},        {"MAILPIPE_STORE", "maildir:/tmp/it's $(here)/%u"}};
    EXPECT_EQ(*read, wanted);
    const std::string command =
        ". " + path + " && [ \"$MAILPIPE_STORE\" = \"maildir:/tmp/it's \\$(here)/%u\" ]";
    EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(PortsFile, Errors) {
    const tests::ScratchDirectory scratch;
    const std::string path = scratch.file("ports-file");
    EXPECT_EQ(PortsFile::read(path + "-none").error().kind, Errc::not_found);
    EXPECT_FALSE(PortsFile::is_held(path + "-none"));
    std::ofstream(path) << "A=b\nnonsense\n";
    EXPECT_EQ(PortsFile::read(path).error().kind, Errc::data);
    EXPECT_FALSE(PortsFile::write(scratch.file("no/such/directory"), {}));
}

}  // namespace
}  // namespace mailpipe::app::serve
