#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mailpipe/net/stream.hpp"

namespace mailpipe::net {

// connect_tcp() to an address in its usual spelling, to which nothing has to be looked up, chosen or passed through: such
// a connect needs no library. nullptr: it is not that simple.
Result<std::unique_ptr<Stream>> connect_address(const std::string& host, std::uint16_t port,
                                                const ConnectOptions& options);

}  // namespace mailpipe::net
