#include "mailpipe/net/tls_server.hpp"

#include <string_view>

#include "mailpipe/net/tls_context.hpp"

namespace mailpipe::net {
namespace {

bool is_for(SSL_CTX* handle, std::string_view name, unsigned flags) {
    X509* certificate = SSL_CTX_get0_certificate(handle);
    return certificate != nullptr &&
           X509_check_host(certificate, name.data(), name.size(), flags, nullptr) == 1;
}

// By the name that the client asks for.
int choose_certificate(SSL* ssl, int* /*alert*/, void* argument) {
    auto& context = *static_cast<TlsContext*>(argument);
    const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
    for (const unsigned flags : {unsigned{X509_CHECK_FLAG_NO_WILDCARDS}, 0U}) {
        if (is_for(context.get(), asked, flags)) return SSL_TLSEXT_ERR_OK;
        for (const auto& other : context.others()) {
            if (!is_for(other->get(), asked, flags)) continue;
            SSL_set_SSL_CTX(ssl, other->get());
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

Result<void> ask_of(SSL_CTX* handle, const std::string& ca_file) {
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ca_file.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(handle, ca_file.c_str()) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail(Errc::config, with_openssl_reason(ca_file + ": no usable CA certificate (PEM expected)"));
    }
    SSL_CTX_set_client_CA_list(handle, names);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(handle), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
    return {};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> make_server_context(const std::vector<KeyPair>& pairs) {
    std::shared_ptr<TlsContext> first;
    for (const KeyPair& pair : pairs) {
        auto made = make_server_context(pair.certificate_file, pair.key_file);
        if (!made) return made;
        if (first) {
            first->others().push_back(std::move(*made));
        } else {
            first = std::move(*made);
        }
    }
    if (!first) return fail(Errc::config, "a server needs a certificate");
    SSL_CTX_set_tlsext_servername_callback(first->get(), choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(first->get(), first.get());
    return first;
}

Result<void> ask_for_client_certificate(TlsContext& context, const std::string& ca_file) {
    if (auto asked = ask_of(context.get(), ca_file); !asked) return asked;
    for (const auto& other : context.others()) {
        // Trust and certificate are those of the chosen context.
        if (auto asked = ask_of(other->get(), ca_file); !asked) return asked;
    }
    return {};
}

}  // namespace mailpipe::net
