#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

// TLS without sockets: one engine over memory BIOs for clients and servers alike (OpenSSL).
namespace mailpipe::net {

struct TlsClientOptions {
    std::string host;                           // verified against the certificate's SANs; the CN is never used
    std::vector<std::string> other_names = {};  // that will do as well as the host's
    bool verify = true;                         // false: whoever answers will do (RFC 7435)
    std::string ca_file;                        // PEM; empty: the system's store
    std::vector<std::string>
        pin_sha256;  // base64 or hex of SHA-256 of the SubjectPublicKeyInfo; replaces chain and name
    // PEM files of the certificate to show, with its chain, and of its key; empty: none is shown.
    std::string certificate_file = {};
    std::string key_file = {};
};

struct CertificateInfo {
    std::string subject;    // as RFC 2253 writes names: "CN=mail.example.org"
    std::string issuer;     // the same
    std::string not_after;  // date-time of RFC 3339
    std::string sha256;     // of the certificate, hexadecimal
};

struct TlsInfo {
    std::string version;  // "TLSv1.3"
    std::string cipher;
    std::string pin_sha256;  // of the peer's certificate, base64; empty on the server side
    // "tls-exporter" of RFC 9266, 32 octets; empty where it says nothing: TLS 1.2 without extended master secret.
    std::string channel_binding = {};
    CertificateInfo certificate = {};  // of the peer; on the server side empty unless it has shown one
    // On the server side, whose a certificate is that has been verified: its email addresses, or without any its common
    // name.
    std::vector<std::string> client_names = {};
};

class TlsContext;  // shared by all connections of one configuration

// Errors: config for files that cannot be read or do not match.
Result<std::shared_ptr<TlsContext>> make_client_context(const TlsClientOptions& options);
Result<std::shared_ptr<TlsContext>> make_server_context(const std::string& certificate_file,
                                                        const std::string& key_file);
struct SelfSigned {
    std::shared_ptr<TlsContext> context;
    std::string pin_sha256;       // base64
    std::string certificate_pem;  // what clients may trust
};
inline constexpr long kSelfSignedLifetime = 30L * 24 * 3600;
// A fresh P-256 key and a certificate for the names, valid from an hour ago for `lifetime` seconds from now (less than
// 0: expired), in memory only.
Result<SelfSigned> make_self_signed_context(const std::vector<std::string>& names,
                                            long lifetime = kSelfSignedLifetime);

// One connection. Octets of the network go in by put_ciphertext and come out by take_ciphertext.
class TlsEngine {
 public:
    static Result<std::unique_ptr<TlsEngine>> client(std::shared_ptr<TlsContext> context,
                                                     const TlsClientOptions& options);
    static Result<std::unique_ptr<TlsEngine>> server(std::shared_ptr<TlsContext> context);
    ~TlsEngine();
    TlsEngine(const TlsEngine&) = delete;
    TlsEngine& operator=(const TlsEngine&) = delete;

    void put_ciphertext(std::string_view octets);
    void put_eof();
    std::string take_ciphertext();  // to be sent now; may be empty

    // true when the handshake is complete and, on the client side, certificate, name or pin are verified.
    // false: more ciphertext is needed. Error tls says what is wrong with the certificate, in words.
    Result<bool> handshake();
    // Appends what is decrypted to `out`; false at the peer's close_notify. Error tls, also for an end of the
    // network stream without close_notify (truncation).
    Result<bool> read(std::string& out);
    Result<void> write(std::string_view plaintext);
    void shut_down();  // queues close_notify
    TlsInfo info() const;

 private:
    struct Impl;
    explicit TlsEngine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::net
