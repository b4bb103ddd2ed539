#include "mailpipe/app/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "mailpipe/base/secret.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app {
namespace {

std::string mode_of(const struct stat& status) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
    return std::string("mode ") + mode;
}

// `judge` says why a regular file is refused; empty: it is not.
template <class Judge>
Result<std::string> read_judged(const std::string& path, std::size_t limit, const std::string& what,
                                Judge judge) {
    const store::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return config_errno(errno, what);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return config_errno(errno, what);
    if (S_ISREG(status.st_mode)) {
        if (const std::string refused = judge(status); !refused.empty())
            return fail(Errc::config, what + ": " + refused);
    }
    auto text = read_secret(file.get(), limit, what);
    if (text && text->size() > limit) {
        wipe(*text);
        return fail(Errc::config, what + ": larger than " + std::to_string(limit) + " octets");
    }
    return text;
}

}  // namespace

Fail config_errno(int number, const std::string& what) {
    auto error = fail_errno(number, what).value();
    error.kind = Errc::config;
    return Fail(std::move(error));
}

Result<std::string> read_secret(int fd, std::size_t limit, const std::string& what) {
    std::string text;
    std::array<char, 4096> piece;
    while (true) {
        const ssize_t count = ::read(fd, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return config_errno(errno, what);
        if (count == 0) break;
        const std::size_t room = limit + 1 - text.size();
        // A string that grows leaves copies behind; each is wiped.
        std::string grown;
        grown.reserve(text.size() + static_cast<std::size_t>(count));
        grown += text;
        grown.append(piece.data(), std::min(room, static_cast<std::size_t>(count)));
        wipe(text);
        text.swap(grown);
    }
    wipe(piece.data(), piece.size());
    return text;
}

Result<std::string> read_private_file(const std::string& path, std::size_t limit, const std::string& what) {
    return read_judged(path, limit, what, [](const struct stat& status) -> std::string {
        if ((status.st_mode & (S_IRGRP | S_IROTH)) == 0) return {};
        return "others can read it (" + mode_of(status) + "); chmod 600 it";
    });
}

Result<std::string> read_group_file(const std::string& path, std::size_t limit, const std::string& what) {
    return read_judged(path, limit, what, [](const struct stat& status) -> std::string {
        if ((status.st_mode & (S_IWGRP | S_IROTH | S_IWOTH)) == 0) return {};
        return "others can read or change it (" + mode_of(status) + "); chmod 600 it, or 640";
    });
}

Result<std::string> read_trusted_file(const std::string& path, std::size_t limit, const std::string& what) {
    return read_judged(path, limit, what, [](const struct stat& status) -> std::string {
        if (status.st_uid != 0 && status.st_uid != ::geteuid())
            return "belongs to another user (uid " + std::to_string(status.st_uid) + "); chown it";
        if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
        return "others can write it (" + mode_of(status) + "); chmod go-w it";
    });
}

}  // namespace mailpipe::app
