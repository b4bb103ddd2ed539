#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::sasl {

std::string apop_digest(std::string_view timestamp, const Secret& password) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const std::string_view secret = password.reveal();
    if (!context || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), timestamp.data(), timestamp.size()) != 1 ||
        EVP_DigestUpdate(context.get(), secret.data(), secret.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
        throw std::runtime_error("OpenSSL has no MD5");
    }
    return encode_hex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace mailpipe::sasl
