#pragma once

#include <string>
#include <vector>

#include "mailpipe/net/openssl_handles.hpp"
#include "mailpipe/net/tls.hpp"

namespace mailpipe::net {

// What people are shown of a certificate, verified or not; control characters are cleaned. What OpenSSL cannot say is
// empty.
CertificateInfo describe_certificate(const X509* certificate);

// Whom a client's certificate stands for: the email addresses among its alternative names, or, where it has none of these,
// its common name. Names with a NUL, which ends them for other readers, are left out.
std::vector<std::string> names_of_client(const X509* certificate);

}  // namespace mailpipe::net
