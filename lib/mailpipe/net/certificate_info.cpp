#include "mailpipe/net/certificate_info.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <ctime>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::net {
namespace {

constexpr std::size_t kNameLength = 1000;

std::string name_text(const X509_NAME* name) {
    const BioHandle out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return terminal_text(
        std::string_view(text, length > 0 ? static_cast<std::size_t>(length) : 0).substr(0, kNameLength));
}

}  // namespace

CertificateInfo describe_certificate(const X509* certificate) {
    CertificateInfo info;
    info.subject = name_text(X509_get_subject_name(certificate));
    info.issuer = name_text(X509_get_issuer_name(certificate));
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1) {
        info.not_after = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", end.tm_year + 1900, end.tm_mon + 1,
                                     end.tm_mday, end.tm_hour, end.tm_min, end.tm_sec);
    }
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    unsigned int length = 0;
    if (X509_digest(certificate, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), &length) == 1)
        info.sha256 = encode_hex(digest);
    return info;
}

}  // namespace mailpipe::net
