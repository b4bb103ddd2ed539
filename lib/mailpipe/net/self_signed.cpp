#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/net/tls.hpp"
#include "mailpipe/net/tls_context.hpp"
#include "mailpipe/net/tls_verify.hpp"

namespace mailpipe::net {
namespace {

constexpr long kClockSkew = 3600;
constexpr std::size_t kCommonName = 64;  // RFC 5280 appendix A.1, ub-common-name

// Entries are built one by one: a name with a comma in an OpenSSL configuration string would add entries.
bool add_name(GENERAL_NAMES* names, const std::string& text) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    if (name == nullptr || sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        return false;
    }
    const bool address = is_ip_address(text);
    ASN1_STRING* value = address ? static_cast<ASN1_STRING*>(ASN1_OCTET_STRING_new()) : ASN1_IA5STRING_new();
    if (value == nullptr) return false;
    GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
    if (!address) return ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1;
    std::array<unsigned char, 16> octets{};
    const bool v4 = inet_pton(AF_INET, text.c_str(), octets.data()) == 1;
    return (v4 || inet_pton(AF_INET6, text.c_str(), octets.data()) == 1) &&
           ASN1_STRING_set(value, octets.data(), v4 ? 4 : 16) == 1;
}

bool add_subject(X509* certificate, const std::vector<std::string>& names) {
    const GeneralNamesHandle list(GENERAL_NAMES_new());
    if (!list) return false;
    for (const std::string& name : names) {
        if (!add_name(list.get(), name)) return false;
    }
    X509_NAME* subject = X509_get_subject_name(certificate);
    const std::string_view common = std::string_view(names.front()).substr(0, kCommonName);
    return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common.data()),
                                      static_cast<int>(common.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names, long lifetime) {
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkew) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime) != nullptr &&
           X509_set_pubkey(certificate, key) == 1 && add_subject(certificate, names) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string pem_of(X509* certificate) {
    const BioHandle memory(BIO_new(BIO_s_mem()));
    if (!memory || PEM_write_bio_X509(memory.get(), certificate) != 1) return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace

Result<SelfSigned> make_self_signed_context(const std::vector<std::string>& names, long lifetime) {
    if (names.empty()) return fail(Errc::config, "a self-signed certificate needs at least one name");
    auto context = make_context(TlsRole::server);
    if (!context) return tl::unexpected(context.error());
    const KeyHandle key(EVP_EC_gen("P-256"));
    const X509Handle certificate(X509_new());
    if (!key || !certificate || !fill(certificate.get(), key.get(), names, lifetime) ||
        SSL_CTX_use_certificate((*context)->get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey((*context)->get(), key.get()) != 1) {
        return fail(Errc::tls, "no self-signed certificate could be made: " + take_openssl_reason());
    }
    SelfSigned result;
    result.context = std::move(*context);
    result.pin_sha256 = encode_base64(spki_sha256(certificate.get()));
    result.certificate_pem = pem_of(certificate.get());
    return result;
}

}  // namespace mailpipe::net
