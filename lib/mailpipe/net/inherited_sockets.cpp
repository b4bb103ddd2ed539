#include "mailpipe/net/inherited_sockets.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::net {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMost = 1000;

std::uint64_t number_of(const char* variable) {
    const char* text = std::getenv(variable);
    return text == nullptr ? 0 : ascii::parse_number(text).value_or(0);
}

bool has_option(int descriptor, int option, int value) {
    int found = 0;
    socklen_t length = sizeof found;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &found, &length) == 0 && found == value;
}

std::string path_of(int descriptor) {
    sockaddr_un address{};
    socklen_t length = sizeof address;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "";
    return address.sun_family == AF_UNIX ? address.sun_path : "";
}

}  // namespace

Result<std::vector<InheritedSocket>> take_inherited_sockets() {
    const std::uint64_t count = number_of("LISTEN_FDS");
    const bool meant = number_of("LISTEN_PID") == static_cast<std::uint64_t>(::getpid());
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(variable);
    std::vector<InheritedSocket> sockets;
    if (!meant) return sockets;
    if (count > kMost) return fail(Errc::config, "LISTEN_FDS: more than " + std::to_string(kMost) + " sockets");
    for (int number = kFirst; number < kFirst + static_cast<int>(count); ++number) {
        if (!has_option(number, SO_TYPE, SOCK_STREAM) || !has_option(number, SO_ACCEPTCONN, 1)) {
            return fail(Errc::config, "LISTEN_FDS: descriptor " + std::to_string(number) +
                                          " is no stream socket that listens");
        }
        set_nonblocking(number);
        sockets.push_back({Descriptor(number), local_end_of(number), path_of(number)});
    }
    return sockets;
}

bool is_bound_to(const InheritedSocket& socket, const std::string& host, std::uint16_t port) {
    if (!socket.path.empty() || socket.local.port != port) return false;
    const std::string& address = socket.local.address;
    if (host.empty() || host == "*") return address == "::" || address == "0.0.0.0";
    return address == host || (host == "localhost" && socket.local.loopback);
}

}  // namespace mailpipe::net
