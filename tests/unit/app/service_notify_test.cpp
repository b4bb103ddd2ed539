#include "mailpipe/app/service_notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace mailpipe::app {
namespace {

class ServiceNotify : public ::testing::Test {
 protected:
    ~ServiceNotify() override {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
            ::unsetenv(name);
    }
};

// Both kinds of address, "@" for an abstract one.
TEST_F(ServiceNotify, SendsADatagram) {
    const std::string path = ::testing::TempDir() + "mailpipe-notify-" + std::to_string(::getpid());
    for (const std::string& name : {path, "@" + path}) {
        const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + name.size());
        ASSERT_EQ(::bind(fd, reinterpret_cast<const struct sockaddr*>(&address), size), 0) << name;
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        notify_service("READY=1");
        std::array<char, 64> text{};
        const auto count = ::recv(fd, text.data(), text.size(), MSG_DONTWAIT);
        EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count))), "READY=1");
        ::close(fd);
        ::unlink(path.c_str());
    }
    notify_service("READY=1");  // nobody listens any more
}

TEST_F(ServiceNotify, WatchdogOfThisProcess) {
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    ::unsetenv("WATCHDOG_PID");
    for (const char* wrong : {"", "0", "x", "-1", "99999999999999999999"}) {
        ::setenv("WATCHDOG_USEC", wrong, 1);
        EXPECT_EQ(watchdog_interval(), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace mailpipe::app
