#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/socket.hpp"

namespace mailpipe::net {

// A listening stream socket that whoever started this process has bound (sd_listen_fds(3)).
struct InheritedSocket {
    Descriptor socket;
    SocketPeer local;
    std::string path;  // of a Unix socket
};

// Those of $LISTEN_FDS, when $LISTEN_PID is this process; both are gone from the environment afterwards. To be called while
// there is one thread. Errors: config for a descriptor that is no such socket.
Result<std::vector<InheritedSocket>> take_inherited_sockets();

// Whether it is what `host` and `port` would be bound to: a numeric address, "localhost", or "" or "*" for all.
bool is_bound_to(const InheritedSocket& socket, const std::string& host, std::uint16_t port);

}  // namespace mailpipe::net
