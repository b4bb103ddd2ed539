#include "mailpipe/app/sha256.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app {

Sha256 sha256(std::string_view octets) {
    Sha256 digest{};
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    return digest;
}

std::string sha256_hex(std::string_view octets) {
    const Sha256 digest = sha256(octets);
    return encode_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace mailpipe::app
