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

void add_name(const ASN1_STRING* text, std::vector<std::string>& names) {
    unsigned char* utf8 = nullptr;
    const int length = text == nullptr ? -1 : ASN1_STRING_to_UTF8(&utf8, text);
    if (length <= 0) return;
    std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
    OPENSSL_free(utf8);
    if (name.find('\0') == std::string::npos) names.push_back(std::move(name));
}

}  // namespace

std::vector<std::string> names_of_client(const X509* certificate) {
    std::vector<std::string> names;
    const GeneralNamesHandle list(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    bool has_email = false;
    for (int i = 0; list && i < sk_GENERAL_NAME_num(list.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
        if (name->type != GEN_EMAIL) continue;
        has_email = true;
        add_name(name->d.rfc822Name, names);
    }
    if (has_email) return names;
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) add_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), names);
    return names;
}

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
