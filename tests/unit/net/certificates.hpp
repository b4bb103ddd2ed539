#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/net/openssl_handles.hpp"
#include "mailpipe/net/tls_verify.hpp"

// Certificates that a test makes for itself.
namespace mailpipe::test {

class TemporaryDirectory {
 public:
    TemporaryDirectory() {
        std::string name = "/tmp/mailpipe-net-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
    std::filesystem::path path_;
};

struct CertificateFiles {
    std::string certificate;
    std::string key;
    std::string pin_sha256;
};

struct CertificateRequest {
    std::string common_name;
    std::string alternative_names;  // as OpenSSL's "DNS:a.example,IP:127.0.0.1"; empty: no such extension
    long from_seconds = -3600;
    long to_seconds = 24L * 3600;
};

// A CA whose certificate and whose certificates lie in a directory.
class Authority {
 public:
    Authority(const TemporaryDirectory& directory, std::string name)
        : directory_(directory), name_(std::move(name)), key_(EVP_EC_gen("P-256")) {
        CertificateRequest own;
        own.common_name = name_;
        certificate_ = make(own, key_.get(), true);
        write(certificate_.get(), nullptr, name_);
    }

    std::string file() const { return directory_.file(name_ + ".pem"); }

    CertificateFiles issue(const std::string& file_name, const CertificateRequest& request) const {
        const net::KeyHandle key(EVP_EC_gen("P-256"));
        const net::X509Handle certificate = make(request, key.get(), false);
        return write(certificate.get(), key.get(), file_name);
    }

 private:
    net::X509Handle make(const CertificateRequest& request, EVP_PKEY* key, bool is_ca) const {
        net::X509Handle made(X509_new());
        X509* certificate = made.get();
        X509_set_version(certificate, X509_VERSION_3);
        static long serial = 1;
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate), request.from_seconds);
        X509_gmtime_adj(X509_getm_notAfter(certificate), request.to_seconds);
        X509_set_pubkey(certificate, key);
        X509_NAME* subject = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(request.common_name.c_str()), -1, -1,
                                   0);
        X509_set_issuer_name(certificate, is_ca ? subject : X509_get_subject_name(certificate_.get()));
        if (is_ca) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
        if (!request.alternative_names.empty()) {
            add_extension(certificate, NID_subject_alt_name, request.alternative_names);
        }
        EXPECT_GT(X509_sign(certificate, key_.get(), EVP_sha256()), 0);
        return made;
    }

    static void add_extension(X509* certificate, int nid, const std::string& value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        ASSERT_NE(extension, nullptr) << value;
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    CertificateFiles write(X509* certificate, EVP_PKEY* key, const std::string& name) const {
        CertificateFiles files;
        files.certificate = directory_.file(name + ".pem");
        files.key = directory_.file(name + ".key");
        const net::BioHandle out(BIO_new_file(files.certificate.c_str(), "w"));
        PEM_write_bio_X509(out.get(), certificate);
        if (key != nullptr) {
            const net::BioHandle key_out(BIO_new_file(files.key.c_str(), "w"));
            PEM_write_bio_PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
        }
        files.pin_sha256 = encode_base64(net::spki_sha256(certificate));
        return files;
    }

    const TemporaryDirectory& directory_;
    std::string name_;
    net::KeyHandle key_;
    net::X509Handle certificate_;
};

}  // namespace mailpipe::test
