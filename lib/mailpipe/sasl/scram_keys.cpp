#include "mailpipe/sasl/scram_keys.hpp"

#include <gsasl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <vector>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::sasl {
namespace {

constexpr std::uint64_t kLeastIterations = 4096;
constexpr std::string_view kSha1 = "SCRAM-SHA-1";
constexpr std::string_view kSha256 = "SCRAM-SHA-256";

const EVP_MD* md_of(ScramHash hash) {
    return hash == ScramHash::sha1 ? EVP_sha1() : EVP_sha256();
}

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac_with(const EVP_MD* md, std::string_view key, std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (HMAC(md, key.data(), static_cast<int>(key.size()), octets_of(octets), octets.size(), out.data(),
             &size) == nullptr) {
        throw std::runtime_error("OpenSSL has no HMAC");
    }
    return {reinterpret_cast<const char*>(out.data()), size};
}

Result<Secret> prepare(const Secret& password) {
    if (password.reveal().find('\0') != std::string_view::npos)
        return fail(Errc::data, "a password has no NUL in it");
    char* prepared = nullptr;
    std::string text(password.reveal());
    const int code = gsasl_saslprep(text.c_str(), GSASL_ALLOW_UNASSIGNED, &prepared, nullptr);
    wipe(text);
    if (code != GSASL_OK)
        return fail(Errc::data, "the password holds characters that SASLprep (RFC 4013) forbids");
    Secret result{std::string(prepared)};
    wipe(prepared, result.reveal().size());
    gsasl_free(prepared);
    return result;
}

Result<ScramKeys> parse_parts(ScramHash hash, const std::array<std::string_view, 4>& parts) {
    const auto iterations = ascii::parse_number(parts[0]);
    if (!iterations || *iterations < kLeastIterations || *iterations > limits::kScramIterations)
        return fail(Errc::data, "SCRAM iterations are 4096 to kScramIterations (1000000)");
    auto salt = decode_base64(parts[1]);
    auto stored = decode_base64(parts[2]);
    auto server = decode_base64(parts[3]);
    if (!salt || salt->empty() || !stored || !server || stored->size() != digest_size(hash) ||
        server->size() != digest_size(hash)) {
        return fail(Errc::data, "salt and keys of SCRAM are base64, and the keys as long as the hash");
    }
    return ScramKeys{std::move(*salt), static_cast<std::uint32_t>(*iterations), std::move(*stored),
                     std::move(*server)};
}

}  // namespace

std::size_t digest_size(ScramHash hash) {
    return hash == ScramHash::sha1 ? 20 : 32;
}

std::string digest(ScramHash hash, std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (EVP_Digest(octets.data(), octets.size(), out.data(), &size, md_of(hash), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA");
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hmac(ScramHash hash, std::string_view key, std::string_view octets) {
    return hmac_with(md_of(hash), key, octets);
}

std::string hmac_md5(std::string_view key, std::string_view octets) {
    return hmac_with(EVP_md5(), key, octets);
}

Result<ScramKeys> make_scram_keys(ScramHash hash, const Secret& password, std::string salt,
                                  std::uint32_t iterations) {
    auto prepared = prepare(password);
    if (!prepared) return tl::unexpected(prepared.error());
    const std::string_view text = prepared->reveal();
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return fail(Errc::data, "the password is too long");
    std::string salted(digest_size(hash), '\0');
    if (PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), octets_of(salt),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), md_of(hash),
                          static_cast<int>(salted.size()),
                          reinterpret_cast<unsigned char*>(salted.data())) != 1) {
        throw std::runtime_error("OpenSSL has no PBKDF2");
    }
    std::string client_key = hmac(hash, salted, "Client Key");
    ScramKeys keys{std::move(salt), iterations, digest(hash, client_key), hmac(hash, salted, "Server Key")};
    wipe(salted);
    wipe(client_key);
    return keys;
}

bool matches(const ScramKeys& keys, ScramHash hash, const Secret& password) {
    const auto made = make_scram_keys(hash, password, keys.salt, keys.iterations);
    return made && Secret(made->stored_key).equals(keys.stored_key);
}

std::string encode(const NamedScramKeys& named) {
    const ScramKeys& keys = named.keys;
    return std::string(named.hash == ScramHash::sha1 ? kSha1 : kSha256) + '$' +
           std::to_string(keys.iterations) + ':' + encode_base64(keys.salt) + '$' +
           encode_base64(keys.stored_key) + ':' + encode_base64(keys.server_key);
}

Result<NamedScramKeys> parse_scram_keys(std::string_view text) {
    const auto fields = ascii::split(text, '$');
    if (fields.size() != 3 || (fields[0] != kSha1 && fields[0] != kSha256))
        return fail(Errc::data, "SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY is expected (RFC 5803)");
    const auto setting = ascii::split(fields[1], ':');
    const auto keys = ascii::split(fields[2], ':');
    if (setting.size() != 2 || keys.size() != 2)
        return fail(Errc::data, "SCRAM keys have one ':' on each side");
    const ScramHash hash = fields[0] == kSha1 ? ScramHash::sha1 : ScramHash::sha256;
    auto parsed = parse_parts(hash, {setting[0], setting[1], keys[0], keys[1]});
    if (!parsed) return tl::unexpected(parsed.error());
    return NamedScramKeys{hash, std::move(*parsed)};
}

Result<ScramKeys> parse_dovecot_scram_keys(ScramHash hash, std::string_view text) {
    const auto parts = ascii::split(text, ',');
    if (parts.size() != 4)
        return fail(Errc::data, "ITERATIONS,SALT,STOREDKEY,SERVERKEY is expected behind {SCRAM-...}");
    return parse_parts(hash, {parts[0], parts[1], parts[2], parts[3]});
}

}  // namespace mailpipe::sasl
