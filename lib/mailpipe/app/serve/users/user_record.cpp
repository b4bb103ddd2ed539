#include "mailpipe/app/serve/users/user_record.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/app/serve/users/password_hash.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kNameLength = 64;  // a local part
constexpr std::string_view kScram = "SCRAM-SHA-";
constexpr std::array<std::string_view, 5> kCryptSchemes{"CRYPT", "SHA256-CRYPT", "SHA512-CRYPT", "MD5-CRYPT",
                                                        "BLF-CRYPT"};
constexpr std::array<std::string_view, 3> kPlainSchemes{"PLAIN", "CLEAR", "CLEARTEXT"};

bool is_one_of(std::string_view scheme, const auto& schemes) {
    return std::any_of(schemes.begin(), schemes.end(),
                       [scheme](std::string_view one) { return ascii::equals_ignore_case(one, scheme); });
}

Result<void> take_hash(std::string_view text, UserRecord& user) {
    user.hash = text;
    if (is_password_hash(user.hash)) return {};
    return fail(Errc::config, "not a hash of crypt(5); make one with 'mail-serve users add' or mkpasswd(1)");
}

Result<void> take_keys(std::string_view list, UserRecord& user) {
    for (std::string_view text : ascii::split(list, ',')) {
        auto named = sasl::parse_scram_keys(text);
        if (!named) return fail(Errc::config, named.error().message);
        user.scram(named->hash) = std::move(named->keys);
    }
    return {};
}

Result<void> take_scheme(std::string_view text, UserRecord& user) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return fail(Errc::config, "{SCHEME} without '}'");
    const std::string_view scheme = text.substr(1, end - 1);
    const std::string_view value = text.substr(end + 1);
    if (is_one_of(scheme, kCryptSchemes)) return take_hash(value, user);
    if (is_one_of(scheme, kPlainSchemes)) {
        if (value.empty()) return fail(Errc::config, "the password is empty");
        user.password = Secret(std::string(value));
        return {};
    }
    const bool sha1 = ascii::equals_ignore_case(scheme, "SCRAM-SHA-1");
    if (!sha1 && !ascii::equals_ignore_case(scheme, "SCRAM-SHA-256"))
        return fail(Errc::config,
                    "{" + terminal_text(scheme) + "} is not supported; {CRYPT}, {SCRAM-SHA-256} are");
    const auto hash = sha1 ? sasl::ScramHash::sha1 : sasl::ScramHash::sha256;
    auto keys = sasl::parse_dovecot_scram_keys(hash, value);
    if (!keys) return fail(Errc::config, keys.error().message);
    user.scram(hash) = std::move(*keys);
    return {};
}

Result<void> take_secret(std::string_view secret, UserRecord& user) {
    if (secret == "*" || secret.substr(0, 1) == "!") return {};
    if (secret.substr(0, 1) == "{") return take_scheme(secret, user);
    return take_hash(secret, user);
}

}  // namespace

bool is_user_name(std::string_view name) {
    if (name.empty() || name.size() > kNameLength || name[0] == '.') return false;
    return std::none_of(name.begin(), name.end(),
                        [](char c) { return ascii::is_control(c) || c == ' ' || c == '/' || c == ':'; });
}

Result<UserRecord> parse_user_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return fail(Errc::config, "NAME:HASH is expected");
    UserRecord user;
    user.name = line.substr(0, colon);
    const std::string_view rest = line.substr(colon + 1);
    if (rest.starts_with(kScram)) {
        if (auto taken = take_keys(rest, user); !taken) return tl::unexpected(taken.error());
        return user;
    }
    const std::size_t end = rest.find(':');
    if (auto taken = take_secret(rest.substr(0, end), user); !taken) return tl::unexpected(taken.error());
    if (end == std::string_view::npos) return user;
    const std::string_view more = rest.substr(end + 1);
    if (!more.starts_with(kScram)) return user;
    if (auto taken = take_keys(more, user); !taken) return tl::unexpected(taken.error());
    return user;
}

std::string encode_user_line(const UserRecord& user) {
    std::string line = user.name + ':' + (user.hash.empty() ? "*" : user.hash);
    char separator = ':';
    for (const auto hash : {sasl::ScramHash::sha256, sasl::ScramHash::sha1}) {
        if (!user.scram(hash)) continue;
        line += separator + sasl::encode({hash, *user.scram(hash)});
        separator = ',';
    }
    return line;
}

}  // namespace mailpipe::app::serve
