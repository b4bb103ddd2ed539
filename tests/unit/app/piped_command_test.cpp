#include "mailpipe/app/piped_command.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

using std::chrono::milliseconds;

class PipedCommand : public ::testing::Test {
 protected:
    void SetUp() override { ::signal(SIGPIPE, SIG_IGN); }

    CommandEnd run(const std::string& command, milliseconds timeout = milliseconds(20'000)) {
        auto end =
            run_piped("cd " + directory_ + "; " + command, {"SENDER=a b", "HOME=/nowhere"}, text_, timeout);
        EXPECT_TRUE(end) << end.error().message;
        return end.value_or(CommandEnd{});
    }
    std::string read(const std::string& name) const {
        std::ifstream file(directory_ + "/" + name);
        return (std::stringstream() << file.rdbuf()).str();
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    MessageSpool text_;
};

TEST_F(PipedCommand, GetsAllOfALongMessage) {
    std::string text;
    for (int i = 0; i < 300'000; ++i)
        text += std::to_string(i) + "\n";
    ASSERT_TRUE(text_.append(text));
    EXPECT_EQ(run("cat > out").status, 0);
    EXPECT_EQ(read("out"), text);
}

TEST_F(PipedCommand, NeedNotReadAndSaysHowItEnds) {
    ASSERT_TRUE(text_.append(std::string(3'000'000, 'x')));
    EXPECT_EQ(run("exit 0").status, 0);
    EXPECT_EQ(run("head -c 1 > out; exit 65").status, 65);
    EXPECT_EQ(run("exec 0<&-; exit 3").status, 3);
    EXPECT_EQ(run("kill -9 $$").signal, SIGKILL);
    EXPECT_EQ(run("no-such-command-anywhere 2>/dev/null").status, 127);
    // SIGPIPE has its default effect in the command.
    EXPECT_EQ(run("trap '' USR1; yes | head -n 1 > out; echo \"$SENDER $HOME\" > env").status, 0);
    EXPECT_EQ(read("env"), "a b /nowhere\n");
}

TEST_F(PipedCommand, InheritsNoDescriptor) {
    std::array<int, 2> leaky{};
    ASSERT_EQ(::pipe(leaky.data()), 0);
    EXPECT_EQ(run("ls /proc/self/fd > out").status, 0);
    // The fourth is that of ls itself.
    EXPECT_EQ(read("out"), "0\n1\n2\n3\n");
    ::close(leaky[0]);
    ::close(leaky[1]);
}

TEST_F(PipedCommand, EndsWithAllItHasStartedAtTheDeadline) {
    ASSERT_TRUE(text_.append("x"));
    const auto end = run("sleep 1000 & echo $! > pid; wait", milliseconds(300));
    EXPECT_TRUE(end.timed_out);
    EXPECT_EQ(end.signal, SIGTERM);
    const pid_t child = std::stoi(read("pid"));
    // It has been signalled, and dies when it gets to run: then it is gone, or a zombie until init sees to it.
    std::string line;
    const auto is_dead = [&] {
        std::ifstream status("/proc/" + std::to_string(child) + "/stat");
        line.clear();
        std::getline(status, line);
        return line.empty() || line.find(") Z") != std::string::npos || line.find(") X") != std::string::npos;
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_dead() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_TRUE(is_dead()) << line;
}

TEST_F(PipedCommand, DoesNotWaitForAReaderThatNeverReads) {
    ASSERT_TRUE(text_.append(std::string(3'000'000, 'x')));
    EXPECT_TRUE(run("sleep 1000", milliseconds(300)).timed_out);
    // One that it leaves behind with its stdin holds nothing up.
    EXPECT_EQ(run("exec 3<&0; sleep 1000 <&3 & echo $! > pid", milliseconds(20'000)).status, 0);
    ::kill(std::stoi(read("pid")), SIGKILL);
}

}  // namespace
}  // namespace mailpipe::app
