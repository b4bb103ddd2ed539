#include "mailpipe/app/serve/users/users.hpp"

#include <crypt.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>

#include "mailpipe/app/serve/test/anybody.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kNameLength = 64;      // a local part
constexpr std::size_t kShortestDigest = 22;  // MD5's, in crypt's base64

bool is_user_name(std::string_view name) {
    if (name.empty() || name.size() > kNameLength || name[0] == '.') return false;
    return std::none_of(name.begin(), name.end(),
                        [](char c) { return ascii::is_control(c) || c == ' ' || c == '/' || c == ':'; });
}

// Traditional DES hashes have no "$": they are weak, and nearly any text looks like one. crypt_checksalt()
// looks at the setting only; what follows it must have the length of a digest.
bool is_hash(const std::string& hash) {
    const std::size_t digest = hash.rfind('$') + 1;
    if (hash.empty() || hash[0] != '$' || std::count(hash.begin(), hash.end(), '$') < 3) return false;
    if (hash.size() - digest < kShortestDigest) return false;
    const int checked = crypt_checksalt(hash.c_str());
    return checked == CRYPT_SALT_OK || checked == CRYPT_SALT_METHOD_LEGACY || checked == CRYPT_SALT_TOO_CHEAP;
}

bool matches_hash(const Secret& password, const std::string& hash) {
    // crypt(3) stops at a NUL: "secret\0x" would be "secret".
    if (password.reveal().find('\0') != std::string_view::npos) return false;
    const auto data = std::make_unique<crypt_data>();
    std::string phrase(password.reveal());
    const char* made = crypt_r(phrase.c_str(), hash.c_str(), data.get());
    const bool equal = made != nullptr && made[0] != '*' && Secret(std::string(made)).equals(hash);
    wipe(data.get(), sizeof(crypt_data));
    wipe(phrase);
    return equal;
}

}  // namespace

Result<void> Users::insert(User user) {
    if (!is_user_name(user.name)) {
        return fail(Errc::usage, "user name '" + user.name +
                                     "' is not usable: 1 to 64 octets without space, '/' or ':', "
                                     "and no '.' in front");
    }
    if (users_.empty()) first_ = user.name;
    std::string key = ascii::to_lower(user.name);
    if (!users_.try_emplace(std::move(key), user).second) {
        return fail(Errc::usage, "user '" + user.name + "' is given twice");
    }
    return {};
}

Result<void> Users::add(const std::string& name, Secret password) {
    return insert({name, std::move(password), {}});
}

Result<void> Users::load(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail(Errc::config, "cannot read " + path + ": " + std::generic_category().message(errno));
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const std::string_view text = ascii::trim(line);
        if (text.empty() || text[0] == '#') continue;
        const std::string where = path + ":" + std::to_string(number) + ": ";
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return fail(Errc::config, where + "NAME:HASH is expected");
        User user{std::string(text.substr(0, colon)), {}, std::string(text.substr(colon + 1))};
        if (!is_hash(user.hash))
            return fail(Errc::config, where + "not a hash of crypt(5); make one with mkpasswd(1)");
        if (auto inserted = insert(std::move(user)); !inserted) {
            return fail(Errc::config, where + inserted.error().message);
        }
    }
    if (file.bad()) return fail(Errc::config, "cannot read " + path);
    return {};
}

const std::string* Users::find(std::string_view name) const {
    const auto found = users_.find(ascii::to_lower(name));
    return found == users_.end() ? nullptr : &found->second.name;
}

const std::string* Users::verify(std::string_view name, const Secret& password) const {
    if (is_anybody()) return &anybody_->of_login(name);
    const auto found = users_.find(ascii::to_lower(name));
    if (found == users_.end()) {
        // How long a refusal takes must not tell who exists.
        const auto any = std::find_if(users_.begin(), users_.end(),
                                      [](const auto& row) { return !row.second.hash.empty(); });
        if (any != users_.end()) (void)matches_hash(password, any->second.hash);
        return nullptr;
    }
    const User& user = found->second;
    const bool right =
        user.hash.empty() ? user.password.equals(password.reveal()) : matches_hash(password, user.hash);
    return right ? &user.name : nullptr;
}

bool Users::apop_possible() const {
    if (is_anybody()) return true;
    return !users_.empty() &&
           std::all_of(users_.begin(), users_.end(), [](const auto& row) { return row.second.hash.empty(); });
}

const std::string* Users::verify_apop(std::string_view name, std::string_view timestamp,
                                      std::string_view digest) const {
    if (is_anybody()) return &anybody_->of_login(name);
    const auto found = users_.find(ascii::to_lower(name));
    if (found == users_.end() || found->second.password.empty()) return nullptr;
    return Secret(sasl::apop_digest(timestamp, found->second.password)).equals(digest) ? &found->second.name
                                                                                       : nullptr;
}

}  // namespace mailpipe::app::serve
