#include "mailpipe/net/tls_context.hpp"

#include <openssl/err.h>

#include <utility>

#include "mailpipe/net/tls_verify.hpp"

namespace mailpipe::net {
namespace {

// Without it OpenSSL asks for the passphrase of an encrypted key on the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

Result<void> use_certificate(SSL_CTX* handle, const std::string& certificate_file,
                             const std::string& key_file) {
    if (SSL_CTX_use_certificate_chain_file(handle, certificate_file.c_str()) != 1) {
        return fail(Errc::config,
                    with_openssl_reason(certificate_file + ": no usable certificate (PEM expected)"));
    }
    if (SSL_CTX_use_PrivateKey_file(handle, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH) {
            ERR_clear_error();
            return fail(Errc::config,
                        key_file + ": this key does not belong to the certificate in " + certificate_file);
        }
        return fail(Errc::config, with_openssl_reason(
                                      key_file + ": no usable private key (PEM without passphrase expected)"));
    }
    return {};
}

}  // namespace

std::string take_openssl_reason() {
    std::string reason;
    const unsigned long code = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(code)) {
        reason = std::generic_category().message(ERR_GET_REASON(code));
    } else if (const char* text = code == 0 ? nullptr : ERR_reason_error_string(code)) {
        reason = text;
    }
    ERR_clear_error();
    return reason;
}

std::string with_openssl_reason(std::string text) {
    const std::string reason = take_openssl_reason();
    if (!reason.empty()) text += ": " + reason;
    return text;
}

Result<std::shared_ptr<TlsContext>> make_context(TlsRole role) {
    ERR_clear_error();
    SslContextHandle handle(SSL_CTX_new(role == TlsRole::client ? TLS_client_method() : TLS_server_method()));
    if (!handle || SSL_CTX_set_min_proto_version(handle.get(), TLS1_2_VERSION) != 1) {
        return fail(Errc::tls, with_openssl_reason("OpenSSL cannot be set up"));
    }
    SSL_CTX_set_options(handle.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(handle.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(handle.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(handle.get(), no_passphrase);
    // Without it a ticket of a client that has shown a certificate ends the handshake.
    static constexpr std::string_view kSessions = "mailpipe";
    SSL_CTX_set_session_id_context(handle.get(), reinterpret_cast<const unsigned char*>(kSessions.data()),
                                   static_cast<unsigned>(kSessions.size()));
    return std::make_shared<TlsContext>(std::move(handle), role);
}

Result<std::shared_ptr<TlsContext>> make_client_context(const TlsClientOptions& options) {
    if (auto pins = parse_pins(options.pin_sha256); !pins) return tl::unexpected(pins.error());
    auto context = make_context(TlsRole::client);
    if (!context) return context;
    SSL_CTX* handle = (*context)->get();
    if (options.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(handle) != 1) {
            return fail(Errc::config, with_openssl_reason("the system's CA certificates cannot be loaded"));
        }
    } else if (SSL_CTX_load_verify_file(handle, options.ca_file.c_str()) != 1) {
        return fail(Errc::config,
                    with_openssl_reason(options.ca_file + ": no usable CA certificate (PEM expected)"));
    }
    if (!options.certificate_file.empty()) {
        const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
        if (auto used = use_certificate(handle, options.certificate_file, key); !used)
            return tl::unexpected(used.error());
    }
    // A file with an intermediate or a single server certificate is trusted as it stands.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(handle), X509_V_FLAG_PARTIAL_CHAIN);
    return context;
}

Result<std::shared_ptr<TlsContext>> make_server_context(const std::string& certificate_file,
                                                        const std::string& key_file) {
    auto context = make_context(TlsRole::server);
    if (!context) return context;
    SSL_CTX* handle = (*context)->get();
    if (auto used = use_certificate(handle, certificate_file, key_file); !used)
        return tl::unexpected(used.error());
    return context;
}

}  // namespace mailpipe::net
