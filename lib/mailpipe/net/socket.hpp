#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>

#include "mailpipe/base/error.hpp"

// What clients and servers share about sockets.
namespace mailpipe::net {

// Owns a file descriptor.
class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { reset(); }

    int get() const { return number_; }
    int release();
    void reset();

 private:
    int number_ = -1;
};

struct SocketPeer {
    std::string name;     // "127.0.0.1:25", "[::1]:25", "unix"
    std::string address;  // without port and brackets; empty for a Unix socket
    bool loopback = false;
    std::uint16_t port = 0;
};

SocketPeer describe(const sockaddr_storage& address);
SocketPeer peer_of(int descriptor);
SocketPeer local_end_of(int descriptor);

void set_nonblocking(int descriptor);  // and closed on exec
void set_no_delay(int descriptor);     // nothing happens on a Unix socket

// Errors: usage for a path that does not fit.
Result<sockaddr_storage> unix_address(const std::string& path, socklen_t& length);

// A moment and whether someone wants us to end earlier.
class Deadline {
 public:
    Deadline(std::chrono::milliseconds timeout, const std::function<bool()>& stop_requested);

    // Waits for `events`; the events that came. Errors: temporary "timed out, no reply for 60 s", temporary
    // "interrupted", io.
    Result<short> wait(int descriptor, short events);

 private:
    std::chrono::milliseconds timeout_;
    std::chrono::steady_clock::time_point end_;
    const std::function<bool()>* stop_requested_;
    bool stopping_ = false;
};

// The error for a failed send, recv or connect: temporary where the network or the peer is the cause, else io.
Fail fail_network(int error_number, const std::string& what);

std::string seconds_text(std::chrono::milliseconds time);  // "60 s", "1.5 s"

}  // namespace mailpipe::net
