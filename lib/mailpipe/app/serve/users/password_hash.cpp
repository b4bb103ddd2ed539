#include "mailpipe/app/serve/users/password_hash.hpp"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <memory>

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kShortestDigest = 22;  // MD5's, in crypt's base64

std::string crypt_with(const Secret& password, const std::string& setting) {
    // crypt(3) stops at a NUL: "secret\0x" would be "secret".
    if (password.reveal().find('\0') != std::string_view::npos) return {};
    const auto data = std::make_unique<crypt_data>();
    std::string phrase(password.reveal());
    const char* made = crypt_r(phrase.c_str(), setting.c_str(), data.get());
    std::string hash = made == nullptr || made[0] == '*' ? "" : made;
    wipe(data.get(), sizeof(crypt_data));
    wipe(phrase);
    return hash;
}

}  // namespace

// crypt_checksalt() looks at the setting only; what follows it must have the length of a digest.
bool is_password_hash(const std::string& text) {
    const std::size_t digest = text.rfind('$') + 1;
    if (text.empty() || text[0] != '$' || std::count(text.begin(), text.end(), '$') < 3) return false;
    if (text.size() - digest < kShortestDigest) return false;
    const int checked = crypt_checksalt(text.c_str());
    return checked == CRYPT_SALT_OK || checked == CRYPT_SALT_METHOD_LEGACY || checked == CRYPT_SALT_TOO_CHEAP;
}

bool matches_password_hash(const Secret& password, const std::string& hash) {
    const std::string made = crypt_with(password, hash);
    return !made.empty() && Secret(made).equals(hash);
}

Result<std::string> make_password_hash(const Secret& password) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (crypt_gensalt_rn("$y$", 0, nullptr, 0, setting.data(), static_cast<int>(setting.size())) == nullptr)
        return fail(Errc::io, "no salt for a password hash could be made");
    std::string hash = crypt_with(password, setting.data());
    if (hash.empty())
        return fail(Errc::data, "the password cannot be hashed: it contains a NUL or is too long");
    return hash;
}

}  // namespace mailpipe::app::serve
