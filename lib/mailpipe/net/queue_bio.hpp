#pragma once

#include "mailpipe/net/openssl_handles.hpp"

namespace mailpipe::net {

// Octets on their way between a TLS engine and its connection, as in BIO_s_mem(), which keeps for ever what a handshake once
// needed: this one has no memory while it is empty, as of an idle session it is. Reading what is not there yet asks for
// another try. Null when OpenSSL has no memory.
BioHandle new_queue_bio();

}  // namespace mailpipe::net
