#pragma once

#include <cstddef>
#include <string>

#include "mailpipe/net/openssl_handles.hpp"

namespace mailpipe::net {

// Octets on their way between a TLS engine and its connection. Each BIO_s_mem() keeps for ever what a handshake once needed;
// these have no memory while they are empty, as of an idle session they are.
struct BioQueues {
    std::string in;
    std::size_t begin = 0;  // of what has not been read
    std::string out;
};

// Reads `in` and writes to `out`, which outlive it: one BIO for both ways, since it has more than that about it. Reading what
// is not there yet asks for another try. Null when OpenSSL has no memory.
BioHandle new_queue_bio(BioQueues& queues);

}  // namespace mailpipe::net
