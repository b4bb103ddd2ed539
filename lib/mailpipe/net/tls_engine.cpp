#include <openssl/err.h>

#include <algorithm>
#include <utility>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/net/certificate_info.hpp"
#include "mailpipe/net/queue_bio.hpp"
#include "mailpipe/net/tls.hpp"
#include "mailpipe/net/tls_context.hpp"
#include "mailpipe/net/tls_verify.hpp"

namespace mailpipe::net {
namespace {

constexpr std::size_t kRecord = 16384;  // RFC 8446 section 5.1

std::string handshake_reason(unsigned long code) {
    switch (ERR_GET_REASON(code)) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return "the peer does not speak TLS here";
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_VERSION_TOO_LOW:
            return "the peer offers no TLS version from 1.2 on";
        case SSL_R_NO_SHARED_CIPHER:
            return "no cipher in common";
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
            return "the peer does not trust our certificate";
        default:
            break;
    }
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "unknown reason";
}

}  // namespace

struct TlsEngine::Impl {
    std::shared_ptr<TlsContext> context;
    BioQueues queues;
    SslHandle ssl;
    std::string host;
    std::vector<std::string> pins;
    std::string problem;    // with the peer's certificate
    bool verifies = false;  // chain and name
    bool eof = false;
    bool ready = false;
    bool closed = false;  // the peer's close_notify came
    bool broken = false;

    // Called by OpenSSL for each step of the chain; keeps the words for the first that fails.
    static int verified(int ok, X509_STORE_CTX* store) {
        if (ok == 1) return 1;
        auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        auto* self = static_cast<Impl*>(SSL_get_app_data(ssl));
        if (self->problem.empty()) {
            self->problem =
                certificate_problem(X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_current_cert(store),
                                    X509_STORE_CTX_get0_cert(store), self->host);
        }
        return 0;
    }

    Result<void> check_pins() const {
        if (pins.empty()) return {};
        const X509* certificate = SSL_get0_peer_certificate(ssl.get());
        const std::string pin = certificate != nullptr ? spki_sha256(certificate) : std::string();
        if (!pin.empty() && std::find(pins.begin(), pins.end(), pin) != pins.end()) return {};
        return fail(Errc::tls, "the server's key is not the pinned one: its SHA-256 is " + encode_base64(pin));
    }

    Fail broke(const std::string& doing) {
        broken = true;
        const unsigned long code = ERR_peek_error();
        ERR_clear_error();
        if (!problem.empty()) return fail(Errc::tls, problem);
        return fail(Errc::tls, doing + " failed: " + handshake_reason(code));
    }
};

TlsEngine::TlsEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsEngine::~TlsEngine() = default;

Result<std::unique_ptr<TlsEngine>> TlsEngine::client(std::shared_ptr<TlsContext> context,
                                                     const TlsClientOptions& options) {
    auto pins = parse_pins(options.pin_sha256);
    if (!pins) return tl::unexpected(pins.error());
    auto engine = server(std::move(context));
    if (!engine) return engine;
    Impl& impl = *(*engine)->impl_;
    impl.host = options.host;
    impl.pins = std::move(*pins);
    SSL* ssl = impl.ssl.get();
    SSL_set_connect_state(ssl);
    if (!impl.pins.empty() || !options.verify) {
        SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
        if (!options.host.empty() && !is_ip_address(options.host)) {
            SSL_set_tlsext_host_name(ssl, options.host.c_str());
        }
        return engine;
    }
    if (auto named = require_name(ssl, options.host, options.other_names); !named)
        return tl::unexpected(named.error());
    impl.verifies = true;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, &Impl::verified);
    return engine;
}

Result<std::unique_ptr<TlsEngine>> TlsEngine::server(std::shared_ptr<TlsContext> context) {
    ERR_clear_error();
    auto impl = std::make_unique<Impl>();
    impl->ssl.reset(SSL_new(context->get()));
    BioHandle bio = new_queue_bio(impl->queues);
    if (!impl->ssl || !bio) return fail(Errc::tls, "OpenSSL cannot be set up: " + take_openssl_reason());
    impl->context = std::move(context);
    BIO* owned = bio.release();
    SSL_set_bio(impl->ssl.get(), owned, owned);
    SSL_set_app_data(impl->ssl.get(), impl.get());
    SSL_set_accept_state(impl->ssl.get());
    return std::unique_ptr<TlsEngine>(new TlsEngine(std::move(impl)));
}

void TlsEngine::put_ciphertext(std::string_view octets) {
    impl_->queues.in.append(octets);
}

void TlsEngine::put_eof() {
    impl_->eof = true;
}

std::string TlsEngine::take_ciphertext() {
    return std::exchange(impl_->queues.out, {});
}

Result<bool> TlsEngine::handshake() {
    Impl& impl = *impl_;
    if (impl.ready) return true;
    if (impl.broken) return fail(Errc::tls, "the TLS handshake has failed before");
    ERR_clear_error();
    const int done = SSL_do_handshake(impl.ssl.get());
    if (done == 1) {
        if (auto pinned = impl.check_pins(); !pinned) {
            impl.broken = true;
            return tl::unexpected(pinned.error());
        }
        // A second look at OpenSSL's verdict: the trust result was left unchecked elsewhere (msmtp
        // CVE-2019-8337).
        if (impl.verifies && SSL_get_verify_result(impl.ssl.get()) != X509_V_OK) {
            return impl.broke("the check of the certificate");
        }
        impl.ready = true;
        return true;
    }
    if (SSL_get_error(impl.ssl.get(), done) != SSL_ERROR_WANT_READ) return impl.broke("the TLS handshake");
    if (impl.eof) {
        impl.broken = true;
        return fail(Errc::tls, "the peer closed the connection during the TLS handshake");
    }
    return false;
}

Result<bool> TlsEngine::read(std::string& out) {
    Impl& impl = *impl_;
    if (impl.closed) return false;
    if (!impl.ready || impl.broken) return fail(Errc::tls, "there is no TLS session to read from");
    const std::size_t start = out.size();
    while (true) {
        ERR_clear_error();
        const std::size_t before = out.size();
        out.resize(before + kRecord);
        std::size_t count = 0;
        const int done = SSL_read_ex(impl.ssl.get(), out.data() + before, kRecord, &count);
        out.resize(before + count);
        if (done == 1) continue;
        const int error = SSL_get_error(impl.ssl.get(), done);
        if (error == SSL_ERROR_ZERO_RETURN) {
            impl.closed = true;
            return false;
        }
        if (error != SSL_ERROR_WANT_READ) return impl.broke("reading TLS");
        // What came before the truncation is handed out first.
        if (!impl.eof || out.size() > start) return true;
        impl.broken = true;
        return fail(Errc::tls, "the connection was cut: truncated without the TLS end (close_notify)");
    }
}

Result<void> TlsEngine::write(std::string_view plaintext) {
    Impl& impl = *impl_;
    if (!impl.ready || impl.broken) return fail(Errc::tls, "there is no TLS session to write to");
    while (!plaintext.empty()) {
        ERR_clear_error();
        std::size_t count = 0;
        if (SSL_write_ex(impl.ssl.get(), plaintext.data(), plaintext.size(), &count) != 1) {
            return impl.broke("writing TLS");
        }
        plaintext.remove_prefix(count);
    }
    return {};
}

void TlsEngine::shut_down() {
    if (!impl_->ready || impl_->broken) return;
    ERR_clear_error();
    SSL_shutdown(impl_->ssl.get());
    ERR_clear_error();
}

TlsInfo TlsEngine::info() const {
    SSL* ssl = impl_->ssl.get();
    TlsInfo info;
    info.version = SSL_get_version(ssl);
    if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl)) info.cipher = SSL_CIPHER_get_name(cipher);
    if (const X509* certificate = SSL_get0_peer_certificate(ssl)) {
        info.pin_sha256 = encode_base64(spki_sha256(certificate));
        info.certificate = describe_certificate(certificate);
    }
    if (SSL_is_server(ssl) == 1 && SSL_get_verify_result(ssl) == X509_V_OK) {
        if (const X509* certificate = SSL_get0_peer_certificate(ssl))
            info.client_names = names_of_client(certificate);
    }
    if (SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1) {
        constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
        std::array<unsigned char, 32> binding{};
        if (SSL_export_keying_material(ssl, binding.data(), binding.size(), kLabel.data(), kLabel.size(),
                                       nullptr, 0, 0) == 1) {
            info.channel_binding.assign(reinterpret_cast<const char*>(binding.data()), binding.size());
        }
    }
    return info;
}

}  // namespace mailpipe::net
