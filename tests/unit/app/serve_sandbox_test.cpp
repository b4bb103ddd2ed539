#include "mailpipe/app/serve/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "mailpipe/app/serve/sandbox/syscall_filter.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

// What becomes of a process that does `attempt` once `confine` has confined it: its exit status, or minus the signal.
int outcome(const std::function<bool()>& confine, const std::function<int()>& attempt) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(confine() ? attempt() : 99);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int filtered(const std::function<int()>& attempt) {
    return outcome([] { return filter_syscalls().has_value(); }, attempt);
}

class ServeSandbox : public testing::Test {
 protected:
    void SetUp() override {
#ifdef SANITIZED
        GTEST_SKIP() << "a sanitizer needs other system calls";
#endif
    }
    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
};

TEST_F(ServeSandbox, WhatAServerDoesWorks) {
    EXPECT_EQ(filtered([] { return 0; }), 0);
    EXPECT_EQ(filtered([&] {
                  const int file = ::open((directory_ + "/x").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
                  return file >= 0 && ::write(file, "x", 1) == 1 && ::fsync(file) == 0 ? 0 : 1;
              }),
              0);
    EXPECT_EQ(filtered([] { return ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? 0 : 1; }), 0);
    EXPECT_EQ(filtered([] {
                  int result = 1;
                  std::thread([&result] { result = 0; }).join();
                  return result;
              }),
              0);
    EXPECT_EQ(filtered([] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && errno == EPERM ? 0 : 1; }),
              0);
}

TEST_F(ServeSandbox, WhatAnIntruderDoesKills) {
    EXPECT_EQ(filtered([] { return ::execl("/bin/true", "true", nullptr); }), -SIGSYS);
    EXPECT_EQ(filtered([] { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }),
              -SIGSYS);
    EXPECT_EQ(filtered([] { return ::setuid(0); }), -SIGSYS);
    EXPECT_EQ(filtered([] { return ::chroot("/"); }), -SIGSYS);
    // A thread that is there before the filter has it as well.
    EXPECT_EQ(outcome(
                  [] {
                      std::thread([] {
                          ::sleep(1);
                          ::execl("/bin/true", "true", nullptr);
                      }).detach();
                      return filter_syscalls().has_value();
                  },
                  [] {
                      ::sleep(20);
                      return 0;
                  }),
              -SIGSYS);
}

TEST_F(ServeSandbox, TheRestIsRefused) {
    EXPECT_EQ(filtered([] { return ::socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == EPERM ? 0 : 1; }), 0);
    EXPECT_EQ(filtered([] { return ::kill(::getppid(), 0) == -1 && errno == EPERM ? 0 : 1; }), 0);
    EXPECT_EQ(filtered([] { return ::fork() == -1 && errno == EPERM ? 0 : 1; }), 0);
    EXPECT_EQ(filtered([&] { return ::mknod((directory_ + "/y").c_str(), S_IFIFO | 0600, 0) == -1 ? 0 : 1; }),
              0);
}

TEST_F(ServeSandbox, Files) {
    if (landlock_version() == 0) GTEST_SKIP() << "no Landlock here";
    const std::string store = directory_ + "/store";
    ASSERT_EQ(::mkdir(store.c_str(), 0700), 0);
    ASSERT_EQ(::mkdir((store + "/tmp").c_str(), 0700), 0);
    ASSERT_EQ(::mkdir((store + "/new").c_str(), 0700), 0);
    const std::string outside = directory_ + "/outside";
    ASSERT_GE(::open(outside.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600), 0);
    const auto confine = [&] { return confine_to({{store}, {"/etc"}, {}}).has_value(); };
    const auto opens = [](const std::string& path, int flags) {
        return ::open(path.c_str(), flags | O_CLOEXEC, 0600) >= 0;
    };
    EXPECT_EQ(outcome(confine,
                      [&] {
                          if (!opens(store + "/tmp/x", O_CREAT | O_RDWR)) return 1;
                          if (::rename((store + "/tmp/x").c_str(), (store + "/new/x").c_str()) != 0) return 2;
                          if (::link((store + "/new/x").c_str(), (store + "/tmp/y").c_str()) != 0) return 3;
                          if (::unlink((store + "/new/x").c_str()) != 0) return 4;
                          if (!opens("/etc/passwd", O_RDONLY)) return 5;
                          if (opens(outside, O_RDONLY)) return 6;
                          if (opens("/etc/passwd", O_RDWR)) return 7;
                          if (opens(directory_ + "/other", O_CREAT | O_RDWR)) return 8;
                          if (::rename((store + "/tmp/y").c_str(), (directory_ + "/y").c_str()) == 0) return 9;
                          if (::unlink(outside.c_str()) == 0) return 10;
                          return 0;
                      }),
              0);
}

TEST_F(ServeSandbox, WhatIsReached) {
    ServeOptions options;
    options.users_file = "/srv/a/users";
    options.tls_certificates = {"/srv/b/cert.pem"};
    options.listen = {"smtp://127.0.0.1:25", "lmtp:/srv/c/lmtp"};
    options.routing.aliases_file = directory_ + "/aliases";
    std::ofstream(options.routing.aliases_file) << "team: :include:/srv/d/team, alice\nall: team\n";
    const Reach reach = reach_of(options, "/srv/store");
    const auto has = [](const std::vector<std::string>& paths, const char* path) {
        return std::find(paths.begin(), paths.end(), path) != paths.end();
    };
    EXPECT_TRUE(has(reach.write, "/srv/store"));
    EXPECT_TRUE(has(reach.read, "/srv/a") && has(reach.read, "/srv/b") && has(reach.read, "/srv/d"));
    EXPECT_EQ(reach.remove, std::vector<std::string>{"/srv/c"});
    EXPECT_EQ(runs_commands(options), "");
    options.delivery.deliver = "lmtp:/run/lmtp";
    EXPECT_EQ(runs_commands(options), "");
    options.delivery.deliver = "sort-mail";
    EXPECT_EQ(runs_commands(options), "--deliver");
    options.delivery.deliver.clear();
    options.relay.client.password_command = "pass show mail";
    EXPECT_EQ(runs_commands(options), "--password-command");
}

}  // namespace
}  // namespace mailpipe::app::serve
