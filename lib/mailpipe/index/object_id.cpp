#include "mailpipe/index/object_id.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "mailpipe/base/encoding.hpp"

namespace mailpipe::index {
namespace {

constexpr std::size_t kIdOctets = 18;

std::string sha256(std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string id_of(char letter, std::string_view octets) {
    std::string id = letter + encode_base64(octets.substr(0, kIdOctets));
    for (char& c : id) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return id;
}

}  // namespace

std::string object_id_of(char letter, std::string_view octets) {
    return id_of(letter, sha256(octets));
}

std::string random_object_id(char letter) {
    std::array<unsigned char, kIdOctets> octets{};
    RAND_bytes(octets.data(), static_cast<int>(octets.size()));
    return id_of(letter, {reinterpret_cast<const char*>(octets.data()), octets.size()});
}

std::string short_hash(std::string_view octets) {
    constexpr std::size_t kOctets = 16;
    return sha256(octets).substr(0, kOctets);
}

}  // namespace mailpipe::index
