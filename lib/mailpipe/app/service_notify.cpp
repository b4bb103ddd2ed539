#include "mailpipe/app/service_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

void notify_service(std::string_view state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    struct sockaddr_un address {};
    if (path == nullptr || path[0] == '\0' || std::strlen(path) >= sizeof address.sun_path) return;
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(path);
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // of the abstract namespace
    const auto size = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + length);
    ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const struct sockaddr*>(&address),
             size);
    ::close(fd);
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    const char* interval = std::getenv("WATCHDOG_USEC");
    const char* pid = std::getenv("WATCHDOG_PID");
    if (interval == nullptr || (pid != nullptr && std::to_string(::getpid()) != pid)) return std::nullopt;
    const auto number = ascii::parse_number(interval);
    if (!number || *number == 0 || *number > INT64_MAX) return std::nullopt;
    return std::chrono::microseconds(static_cast<std::int64_t>(*number));
}

}  // namespace mailpipe::app
