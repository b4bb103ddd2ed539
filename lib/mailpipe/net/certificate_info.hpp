#pragma once

#include "mailpipe/net/openssl_handles.hpp"
#include "mailpipe/net/tls.hpp"

namespace mailpipe::net {

// What people are shown of a certificate, verified or not; control characters are cleaned. What OpenSSL cannot say is
// empty.
CertificateInfo describe_certificate(const X509* certificate);

}  // namespace mailpipe::net
