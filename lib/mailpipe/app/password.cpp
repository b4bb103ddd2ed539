#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/netrc.hpp"
#include "mailpipe/app/private_file.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/net/shell_command.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app {
namespace {

Result<Secret> first_line(std::string& text, const std::string& what) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line = text.substr(0, end);
    wipe(text);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    Secret secret(line);
    const bool usable = line.size() <= limits::kPassword && line.find('\0') == std::string::npos;
    const bool empty = line.empty();
    wipe(line);
    if (empty) return fail(Errc::config, what + ": the first line, which is the secret, is empty");
    if (!usable)
        return fail(Errc::config, what + ": the first line contains NUL or exceeds kPassword (65536 octets)");
    return secret;
}

Result<Secret> secret_of_command(const std::string& command, const std::string& what) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return config_errno(errno, what);
    const store::Fd reading(ends[0]);
    store::Fd writing(ends[1]);
    // stdin may be the message.
    const store::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing) return config_errno(errno, what);
    pid_t pid = 0;
    const int error = net::spawn({command, nothing.get(), writing.get(), {}, false, false}, pid);
    if (error != 0) return config_errno(error, what);
    writing.reset();
    auto text = read_secret(reading.get(), limits::kPassword, what);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!text) return tl::unexpected(text.error());
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return first_line(*text, what);
    wipe(*text);
    if (WIFSIGNALED(status)) {
        return fail(Errc::config, what + ": ended by signal " + std::to_string(WTERMSIG(status)));
    }
    return fail(Errc::config, what + ": ended with status " + std::to_string(WEXITSTATUS(status)));
}

// By --password-command, --password-file or $MAILPIPE_PASSWORD; nullopt when none is there.
Result<std::optional<Secret>> given_password(const ClientOptions& options) {
    const bool token = !options.token_command.empty();
    if (token || !options.password_command.empty()) {
        auto password = token ? secret_of_command(options.token_command, "--token-command")
                              : secret_of_command(options.password_command, "--password-command");
        if (!password) return tl::unexpected(password.error());
        return std::optional(std::move(*password));
    }
    if (!options.password_file.empty()) {
        const std::string what = "--password-file " + options.password_file;
        auto text = read_private_file(options.password_file, limits::kPassword, what);
        if (!text) return tl::unexpected(text.error());
        auto line = first_line(*text, what);
        if (!line) return tl::unexpected(line.error());
        return std::optional(std::move(*line));
    }
    if (const char* password = std::getenv("MAILPIPE_PASSWORD"); password != nullptr && *password != '\0') {
        return std::optional(Secret(password));
    }
    return std::optional<Secret>();
}

// nullopt when there is no entry.
Result<std::optional<NetrcEntry>> netrc_entry(const std::string& host, const std::string& user) {
    const char* named = std::getenv("NETRC");
    const char* home = std::getenv("HOME");
    std::string path;
    if (named != nullptr && *named != '\0') {
        path = named;
    } else if (home != nullptr && *home != '\0') {
        path = std::string(home) + "/.netrc";
        if (::access(path.c_str(), F_OK) != 0) return std::optional<NetrcEntry>();
    } else {
        return std::optional<NetrcEntry>();
    }
    auto text = read_private_file(path, limits::kNetrcFile, path);
    if (!text) return tl::unexpected(text.error());
    auto entries = parse_netrc(*text);
    wipe(*text);
    if (!entries) return fail(Errc::config, path + ": " + entries.error().message);
    const NetrcEntry* entry = find_netrc(*entries, host, user);
    return entry == nullptr ? std::optional<NetrcEntry>() : std::optional<NetrcEntry>(*entry);
}

// nullopt: there is none anywhere.
Result<std::optional<Secret>> find_password(const Location& location, const std::string& user,
                                            const ClientOptions& options) {
    if (!options.netrc_only) {
        auto given = given_password(options);
        if (!given || *given) return given;
    }
    auto entry = netrc_entry(location.host, user);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry || (*entry)->password.empty()) return std::optional<Secret>{};
    return std::optional(std::move((*entry)->password));
}

}  // namespace

Result<std::string> login_user(const Location& location, const ClientOptions& options) {
    std::string user = location.user.empty() ? options.user : location.user;
    if (user.empty()) {
        auto entry = netrc_entry(location.host, "");
        if (!entry) return tl::unexpected(entry.error());
        if (*entry) user = (*entry)->login;
    }
    if (user.empty()) {
        const std::string scheme(scheme_name(location.scheme));
        return fail(Errc::usage,
                    "no user name; write " + scheme + "://NAME@" + location.host + " or give --user NAME");
    }
    if (std::any_of(user.begin(), user.end(), ascii::is_control) || !is_utf8(user)) {
        return fail(Errc::usage, "the user name contains a control character or is not UTF-8");
    }
    return user;
}

Result<Login> find_login(const Location& location, const ClientOptions& options) {
    auto user = login_user(location, options);
    if (!user) return tl::unexpected(user.error());
    // What is wrong with --tls is worth more than a password that is missing.
    if (const auto mode = tls_mode(location, options); !mode) return tl::unexpected(mode.error());
    auto password = find_password(location, *user, options);
    if (!password) return tl::unexpected(password.error());
    if (*password) {
        return Login{std::move(*user), std::move(**password),
                     !options.token_command.empty() && !options.netrc_only};
    }
    if (!options.tunnel.empty() || !options.tls_certificate.empty() || options.gssapi)
        return Login{std::move(*user), Secret()};
    return fail(Errc::config,
                "no password for " + *user + "; give " +
                    (options.netrc_only
                         ? "an entry for " + location.host + " in ~/.netrc, or an account for it in config.toml"
                         : std::string("--password-command, --password-file, "
                                       "$MAILPIPE_PASSWORD or an entry in ~/.netrc")));
}

}  // namespace mailpipe::app
