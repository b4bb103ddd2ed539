#include "mailpipe/net/tls_verify.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include <array>
#include <ctime>
#include <string_view>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::net {
namespace {

constexpr std::size_t kNamesShown = 5;
constexpr std::size_t kNameShown = 100;  // octets

std::string shown(std::string_view name) {
    return terminal_text(name.substr(0, kNameShown));
}

std::string general_name(const GENERAL_NAME& name) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (name.type == GEN_DNS) {
        const auto* octets = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName));
        return shown({octets, static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName))});
    }
    if (name.type == GEN_IPADD) {
        const int length = ASN1_STRING_length(name.d.iPAddress);
        const int family = length == 4 ? AF_INET : AF_INET6;
        if (length != 4 && length != 16) return {};
        return inet_ntop(family, ASN1_STRING_get0_data(name.d.iPAddress), text.data(), text.size()) != nullptr
                   ? text.data()
                   : std::string();
    }
    return {};
}

std::string subject_alternative_names(const X509* leaf) {
    const GeneralNamesHandle names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
    std::string list;
    std::size_t count = 0;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const std::string name = general_name(*sk_GENERAL_NAME_value(names.get(), i));
        if (name.empty()) continue;
        if (++count <= kNamesShown) list += (list.empty() ? "" : ", ") + name;
    }
    if (count > kNamesShown) list += " and " + std::to_string(count - kNamesShown) + " more";
    return list;
}

std::string issuer_name(const X509* certificate) {
    X509_NAME* issuer = X509_get_issuer_name(certificate);
    for (const int nid : {NID_commonName, NID_organizationName}) {
        const int index = X509_NAME_get_index_by_NID(issuer, nid, -1);
        if (index < 0) continue;
        unsigned char* utf8 = nullptr;
        const int length =
            ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, index)));
        if (length < 0) continue;
        const std::string name = shown({reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length)});
        OPENSSL_free(utf8);
        return name;
    }
    return "unnamed";
}

std::string date_text(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "an invalid date";
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text.data();
}

std::string wrong_name(const X509* leaf, const std::string& host) {
    const std::string names = subject_alternative_names(leaf);
    if (names.empty()) {
        return "the certificate has no subject alternative name, so it is not valid for " + host +
               " (a common name is never used)";
    }
    return "the certificate is for " + names + ", not for " + host;
}

std::string untrusted_advice(const X509* leaf) {
    return "; to trust it, give its CA with --tls-ca or --pin-sha256 " + encode_base64(spki_sha256(leaf));
}

}  // namespace

bool is_ip_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> octets{};
    return inet_pton(AF_INET, host.c_str(), octets.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), octets.data()) == 1;
}

std::string spki_sha256(const X509* certificate) {
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length <= 0) return {};
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(der, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(digest.data()));
    OPENSSL_free(der);
    return digest;
}

Result<std::vector<std::string>> parse_pins(const std::vector<std::string>& texts) {
    std::vector<std::string> pins;
    for (const std::string& text : texts) {
        std::string_view digits = ascii::trim(text);
        if (digits.starts_with("sha256//")) digits.remove_prefix(8);
        std::string pin;
        if (digits.size() == 2 * SHA256_DIGEST_LENGTH) {
            std::string percent;
            for (std::size_t i = 0; i < digits.size(); i += 2)
                percent.append("%").append(digits.substr(i, 2));
            pin = decode_percent(percent).value_or("");
        } else {
            pin = decode_base64(digits).value_or("");
        }
        if (pin.size() != SHA256_DIGEST_LENGTH) {
            return fail(Errc::config, "pin \"" + shown(text) + "\" is not a SHA-256 in base64 or hexadecimal");
        }
        pins.push_back(std::move(pin));
    }
    return pins;
}

std::string certificate_problem(int code, const X509* certificate, const X509* leaf, const std::string& host) {
    const bool about_leaf = certificate == nullptr || leaf == nullptr || X509_cmp(certificate, leaf) == 0;
    if (certificate == nullptr) certificate = leaf;
    if (certificate == nullptr) return std::string("the certificate: ") + X509_verify_cert_error_string(code);
    const std::string which = about_leaf ? "the certificate" : "a CA certificate above the server's";
    switch (code) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return which + " expired on " + date_text(X509_get0_notAfter(certificate));
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return which + " is not valid before " + date_text(X509_get0_notBefore(certificate)) +
                   " (is the clock right?)";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return wrong_name(certificate, host);
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the certificate is self-signed" + untrusted_advice(certificate);
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "the certificate is signed by an unknown CA (" + issuer_name(certificate) + ")" +
                   untrusted_advice(leaf != nullptr ? leaf : certificate);
        default:
            return which + ": " + X509_verify_cert_error_string(code);
    }
}

Result<void> require_name(SSL* ssl, const std::string& host, const std::vector<std::string>& others) {
    std::string name = host;
    if (name.ends_with('.')) name.pop_back();
    if (name.empty() || name.find('\0') != std::string::npos) {
        return fail(Errc::tls, "no host name to check the certificate against");
    }
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters,
                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool address = is_ip_address(name);
    const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                            : X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
    // RFC 6066 section 3: no address in the server name indication.
    if (set != 1 || (!address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)) {
        return fail(Errc::tls, "\"" + shown(host) +
                                   "\" cannot be checked against a certificate: " + take_openssl_reason());
    }
    for (const std::string& other : others) {
        if (!address && X509_VERIFY_PARAM_add1_host(parameters, other.data(), other.size()) != 1)
            return fail(Errc::tls, "\"" + shown(other) + "\" cannot be checked against a certificate");
    }
    return {};
}

}  // namespace mailpipe::net
