#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/openssl_handles.hpp"

// What is wrong with a certificate, in words; pins.
namespace mailpipe::net {

// SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 section 2.4), 32 octets; empty when OpenSSL
// fails.
std::string spki_sha256(const X509* certificate);

// Pins as 32 octets each, from base64 or hex, with or without the prefix "sha256//". Errors: config.
Result<std::vector<std::string>> parse_pins(const std::vector<std::string>& texts);

// One line for the X509_V_ERR_* `code` that `certificate` (any of the chain) caused while `leaf` was verified
// for `host`. Names from certificates are cleaned of control characters and limited in number and length.
std::string certificate_problem(int code, const X509* certificate, const X509* leaf, const std::string& host);

// Makes `ssl` verify chain and name: SANs only, an address only by an IP entry. One of `others` will do as well, where
// the host is no address. Errors: tls for an empty name.
Result<void> require_name(SSL* ssl, const std::string& host, const std::vector<std::string>& others);

bool is_ip_address(const std::string& host);

}  // namespace mailpipe::net
