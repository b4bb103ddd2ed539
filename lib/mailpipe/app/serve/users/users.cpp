#include "mailpipe/app/serve/users/users.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "mailpipe/app/private_file.hpp"
#include "mailpipe/app/serve/test/anybody.hpp"
#include "mailpipe/app/serve/users/password_hash.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

using sasl::ScramHash;

constexpr std::uint32_t kIterations = 4096;  // of keys that are made here: the password itself lies beside them
constexpr std::size_t kSalt = 16;

std::string random_octets(std::size_t size) {
    std::string octets(size, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(size)) != 1)
        throw std::runtime_error("OpenSSL has no random octets");
    return octets;
}

// What nobody who cannot read the file can know, and what is the same after a restart.
std::string salting_secret(const std::map<std::string, UserRecord>& users) {
    for (const auto& [name, user] : users) {
        for (const auto hash : {ScramHash::sha256, ScramHash::sha1}) {
            if (user.scram(hash)) return sasl::digest(ScramHash::sha256, "salt" + user.scram(hash)->server_key);
        }
        if (!user.hash.empty()) return sasl::digest(ScramHash::sha256, "salt" + user.hash);
    }
    return random_octets(32);
}

bool has_keys(const UserRecord& user, ScramHash hash) {
    return user.scram(hash) || !user.password.empty();
}

bool can_log_in(const UserRecord& user) {
    return !user.password.empty() || !user.hash.empty() || user.scram_sha1 || user.scram_sha256;
}

bool verify_record(const UserRecord& user, const Secret& password) {
    if (!user.hash.empty()) return matches_password_hash(password, user.hash);
    if (!user.password.empty()) return user.password.equals(password.reveal());
    for (const auto hash : {ScramHash::sha256, ScramHash::sha1}) {
        if (user.scram(hash)) return sasl::matches(*user.scram(hash), hash, password);
    }
    return false;
}

}  // namespace

Result<void> Users::insert(UserRecord user) {
    if (!is_user_name(user.name)) {
        return fail(Errc::usage, "user name '" + user.name +
                                     "' is not usable: 1 to 64 octets without space, '/' or ':', "
                                     "and no '.' in front");
    }
    if (users_.empty()) first_ = user.name;
    std::string key = ascii::to_lower(user.name);
    const std::string name = user.name;
    if (!users_.try_emplace(std::move(key), std::move(user)).second)
        return fail(Errc::usage, "user '" + name + "' is given twice");
    return {};
}

Result<void> Users::add(const std::string& name, Secret password) {
    UserRecord user;
    user.name = name;
    user.password = std::move(password);
    auto inserted = insert(std::move(user));
    judge_abilities();
    return inserted;
}

Result<void> Users::load(const std::string& path) {
    auto text = read_group_file(path, kUsersFile, path);
    if (!text) return tl::unexpected(text.error());
    const Secret whole(std::move(*text));
    std::size_t number = 0;
    for (std::string_view line : ascii::split(whole.reveal(), '\n')) {
        ++number;
        line = ascii::trim(line);
        if (line.empty() || line[0] == '#') continue;
        auto user = parse_user_line(line);
        auto inserted = user ? insert(std::move(*user)) : tl::unexpected(user.error());
        if (!inserted)
            return fail(Errc::config, path + ':' + std::to_string(number) + ": " + inserted.error().message);
    }
    judge_abilities();
    return {};
}

void Users::judge_abilities() {
    salting_ = salting_secret(users_);
    abilities_ = {true, true, true};
    bool any = false;
    for (const auto& [name, user] : users_) {
        if (!can_log_in(user)) continue;
        any = true;
        abilities_.digests = abilities_.digests && !user.password.empty();
        abilities_.scram_sha1 = abilities_.scram_sha1 && has_keys(user, ScramHash::sha1);
        abilities_.scram_sha256 = abilities_.scram_sha256 && has_keys(user, ScramHash::sha256);
    }
    if (!any) abilities_ = {};
}

Users::Abilities Users::abilities() const {
    if (is_anybody()) return {true, false, false};
    return also_ ? Abilities{} : abilities_;
}

std::optional<std::string> Users::find(std::string_view name) const {
    std::string key = ascii::to_lower(name);
    const auto found = users_.find(key);
    if (found != users_.end()) return found->second.name;
    if (also_ && is_user_name(key) && also_(key)) return key;
    return std::nullopt;
}

std::vector<std::string> Users::names() const {
    std::vector<std::string> names;
    names.reserve(users_.size());
    for (const auto& [key, user] : users_)
        names.push_back(user.name);
    return names;
}

std::optional<std::string> Users::verify(std::string_view name, const Secret& password) const {
    if (is_anybody()) return anybody_->of_login(name);
    const auto found = users_.find(ascii::to_lower(name));
    const bool known = found != users_.end();
    if (!known || found->second.hash.empty()) {
        // How long a refusal takes must not tell who exists.
        const auto any = std::find_if(users_.begin(), users_.end(),
                                      [](const auto& row) { return !row.second.hash.empty(); });
        if (any != users_.end()) (void)matches_password_hash(password, any->second.hash);
    }
    if (!known || !verify_record(found->second, password)) return std::nullopt;
    return found->second.name;
}

std::optional<std::string> Users::verify_digest(
    std::string_view name, const std::function<bool(const Secret& password)>& right) const {
    if (is_anybody()) return anybody_->of_login(name);
    const auto found = users_.find(ascii::to_lower(name));
    if (found == users_.end() || found->second.password.empty() || !right(found->second.password))
        return std::nullopt;
    return found->second.name;
}

std::string Users::made_salt(const std::string& key) const {
    return sasl::hmac(ScramHash::sha256, salting_, key);
}

void Users::make_keys(ScramHash hash, MadeKeys& made) const {
    for (const auto& [key, user] : users_) {
        if (user.password.empty()) continue;
        auto keys = sasl::make_scram_keys(hash, user.password, made_salt(key).substr(0, kSalt), kIterations);
        if (keys) made.emplace(key, std::move(*keys));
    }
}

sasl::ScramKeys Users::scram_keys(std::string_view name, ScramHash hash) const {
    const std::string key = ascii::to_lower(name);
    const auto found = users_.find(key);
    if (found != users_.end() && found->second.scram(hash)) return *found->second.scram(hash);
    const std::lock_guard lock(making_);
    auto& made = made_[static_cast<std::size_t>(hash)];
    // All at once: the first answer for one user must not take longer than that for a stranger.
    if (!made) make_keys(hash, made.emplace());
    if (const auto own = made->find(key); own != made->end()) return own->second;
    // As those of the others, whose salts may be longer and iterations more.
    const auto other = std::find_if(users_.begin(), users_.end(),
                                    [hash](const auto& row) { return row.second.scram(hash).has_value(); });
    sasl::ScramKeys none;
    none.salt =
        made_salt(key).substr(0, other == users_.end() ? kSalt : other->second.scram(hash)->salt.size());
    none.iterations = other == users_.end() ? kIterations : other->second.scram(hash)->iterations;
    none.stored_key = random_octets(sasl::digest_size(hash));
    none.server_key = random_octets(sasl::digest_size(hash));
    return none;
}

}  // namespace mailpipe::app::serve
