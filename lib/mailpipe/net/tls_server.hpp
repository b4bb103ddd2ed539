#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/tls.hpp"

// TLS of servers: certificates by name (SNI, RFC 6066 section 3), and of clients.
namespace mailpipe::net {

struct KeyPair {
    std::string certificate_file;  // PEM, with the chain
    std::string key_file;          // PEM
};

// The first pair is for clients that name no host, or none that a certificate is for. A name of its own comes before a
// wildcard. Session tickets work as long as the context lives; their keys are in memory only. Made anew from the files,
// the context is for new connections. Errors: config for files that cannot be read or do not match.
Result<std::shared_ptr<TlsContext>> make_server_context(const std::vector<KeyPair>& pairs);

// Asks clients for a certificate that somebody in `ca_file` (PEM) has signed. They need not show any; one that is not
// trusted ends the handshake. Error config.
Result<void> ask_for_client_certificate(TlsContext& context, const std::string& ca_file);

}  // namespace mailpipe::net
