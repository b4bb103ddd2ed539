#include "mailpipe/app/serve/users/manage_users.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/serve/users/password_hash.hpp"
#include "mailpipe/app/serve/users/password_prompt.hpp"
#include "mailpipe/app/serve/users/user_record.hpp"
#include "mailpipe/app/serve/users/users_file.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

using serve::UserRecord;
using Verb = ManageUsersOptions::Verb;

// What clients compute at each login, too: some 20 ms.
constexpr std::uint32_t kIterations = 50'000;
constexpr std::size_t kSalt = 16;

std::optional<std::string_view> name_of(std::string_view line) {
    line = ascii::trim(line);
    if (line.empty() || line[0] == '#') return std::nullopt;
    return line.substr(0, line.find(':'));
}

Result<UserRecord> make_record(const ManageUsersOptions& options) {
    auto password = serve::ask_new_password(options.name);
    if (!password) return tl::unexpected(password.error());
    UserRecord user;
    user.name = options.name;
    auto hash = serve::make_password_hash(*password);
    if (!hash) return tl::unexpected(hash.error());
    user.hash = std::move(*hash);
    if (!options.scram) return user;
    std::string salt(kSalt, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) != 1)
        return fail(Errc::io, "OpenSSL has no random octets");
    auto keys = sasl::make_scram_keys(sasl::ScramHash::sha256, *password, std::move(salt), kIterations);
    if (!keys) return tl::unexpected(keys.error());
    user.scram_sha256 = std::move(*keys);
    return user;
}

std::string ways_of(const UserRecord& user) {
    std::string ways;
    const auto add = [&ways](const char* way) { ways += ways.empty() ? way : std::string(", ") + way; };
    if (!user.hash.empty()) add("password");
    if (!user.password.empty()) add("password in the clear");
    if (user.scram_sha256) add("SCRAM-SHA-256");
    if (user.scram_sha1) add("SCRAM-SHA-1");
    return ways.empty() ? "no login" : ways;
}

Result<void> list(const std::string& path) {
    auto lines = serve::read_user_lines(path);
    if (!lines) return tl::unexpected(lines.error());
    std::size_t number = 0;
    for (const std::string& line : *lines) {
        ++number;
        if (!name_of(line)) continue;
        const auto user = serve::parse_user_line(ascii::trim(line));
        if (!user) return fail(Errc::config, path + ':' + std::to_string(number) + ": " + user.error().message);
        std::fputs((terminal_text(user->name) + '\t' + ways_of(*user) + '\n').c_str(), stdout);
    }
    if (std::fflush(stdout) != 0) return fail(Errc::io, "standard output cannot be written");
    return {};
}

using Lines = std::vector<std::string>;

// The line of the user; of one who is added, the end. Errors: cannot_create, no_user.
Result<Lines::iterator> find_user(Lines& lines, const ManageUsersOptions& options) {
    const auto at = std::find_if(lines.begin(), lines.end(), [&options](const std::string& line) {
        const auto name = name_of(line);
        return name && ascii::equals_ignore_case(*name, options.name);
    });
    if (options.verb == Verb::add && at != lines.end())
        return fail(Errc::cannot_create, options.file + ": user '" + options.name + "' is there already");
    if (options.verb != Verb::add && at == lines.end())
        return fail(Errc::no_user, options.file + ": there is no user '" + options.name + "'");
    return at;
}

Result<void> change(const ManageUsersOptions& options) {
    if (!serve::is_user_name(options.name)) {
        return fail(Errc::usage,
                    "'" + terminal_text(options.name) +
                        "' is no name for a user: 1 to 64 octets without space, '/' or ':', and no "
                        "'.' in front");
    }
    // Without the lock, which nobody holds while a password is typed in.
    auto lines = serve::read_user_lines(options.file);
    const bool begins = options.verb == Verb::add && !lines && lines.error().kind == Errc::not_found;
    if (!lines && !begins) return tl::unexpected(lines.error());
    if (lines) {
        if (auto at = find_user(*lines, options); !at) return tl::unexpected(at.error());
    }
    Result<UserRecord> user;
    if (options.verb != Verb::remove) user = make_record(options);
    if (!user) return tl::unexpected(user.error());
    auto file = serve::LockedUsersFile::open(options.file, options.verb == Verb::add);
    if (!file) return tl::unexpected(file.error());
    auto at = find_user(file->lines(), options);
    if (!at) return tl::unexpected(at.error());
    if (options.verb == Verb::remove) {
        file->lines().erase(*at);
    } else if (options.verb == Verb::add) {
        file->lines().push_back(encode_user_line(*user));
    } else {
        user->name = *name_of(**at);
        **at = encode_user_line(*user);
    }
    return file->replace();
}

}  // namespace

int run_manage_users(const ManageUsersOptions& options) {
    Diagnostics diagnostics("mail-serve", options.quiet);
    const auto done = options.verb == Verb::list ? list(options.file) : change(options);
    if (!done) diagnostics.error("", done.error());
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app
