#pragma once

namespace mailpipe::net {

// Whether an interface other than loopback is up and has an address.
bool has_network();

// A descriptor, the caller's, that can be read without blocking whenever addresses or routes have changed (rtnetlink(7));
// -1 where that is not possible, as in some sandboxes.
int open_network_watch();

}  // namespace mailpipe::net
