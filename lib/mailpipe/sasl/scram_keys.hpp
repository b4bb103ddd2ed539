#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

// What a server keeps of a password for SCRAM (RFC 5802 section 3, RFC 7677): who reads it can check logins and guess, but
// not log in.
namespace mailpipe::sasl {

enum class ScramHash { sha1, sha256 };

struct ScramKeys {
    std::string salt;  // octets, as the keys
    std::uint32_t iterations = 0;
    std::string stored_key;
    std::string server_key;
};

// The password is prepared by SASLprep (RFC 4013). Takes as long as `iterations` want. Error data for a password that
// SASLprep forbids.
Result<ScramKeys> make_scram_keys(ScramHash hash, const Secret& password, std::string salt,
                                  std::uint32_t iterations);
bool matches(const ScramKeys& keys, ScramHash hash, const Secret& password);

// RFC 5803: scheme "$" iter-count ":" salt "$" StoredKey ":" ServerKey; base64, scheme "SCRAM-SHA-1" or "SCRAM-SHA-256".
struct NamedScramKeys {
    ScramHash hash = ScramHash::sha256;
    ScramKeys keys;
};
std::string encode(const NamedScramKeys& keys);
// Error data. From 4096 iterations (RFC 7677 section 4) to kScramIterations.
Result<NamedScramKeys> parse_scram_keys(std::string_view text);
// The same with the order of Dovecot's passwd-file, behind "{SCRAM-SHA-256}": iter-count "," salt "," StoredKey ","
// ServerKey.
Result<ScramKeys> parse_dovecot_scram_keys(ScramHash hash, std::string_view text);

std::size_t digest_size(ScramHash hash);
std::string digest(ScramHash hash, std::string_view octets);
std::string hmac(ScramHash hash, std::string_view key, std::string_view octets);
std::string hmac_md5(std::string_view key, std::string_view octets);  // for CRAM-MD5

}  // namespace mailpipe::sasl
