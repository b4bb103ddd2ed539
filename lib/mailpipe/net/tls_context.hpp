#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/openssl_handles.hpp"
#include "mailpipe/net/tls.hpp"

namespace mailpipe::net {

enum class TlsRole { client, server };

class TlsContext {
 public:
    TlsContext(SslContextHandle handle, TlsRole role) : handle_(std::move(handle)), role_(role) {}
    SSL_CTX* get() const { return handle_.get(); }
    TlsRole role() const { return role_; }
    // Certificates for other names, which live as long as this.
    std::vector<std::shared_ptr<TlsContext>>& others() { return others_; }

 private:
    SslContextHandle handle_;
    TlsRole role_;
    std::vector<std::shared_ptr<TlsContext>> others_;
};

// TLS 1.2 or later, no renegotiation, no compression, buffers released while idle.
Result<std::shared_ptr<TlsContext>> make_context(TlsRole role);

// "TEXT: REASON" with the reason of the oldest error of OpenSSL's, where there is one.
std::string with_openssl_reason(std::string text);

}  // namespace mailpipe::net
