#include "mailpipe/app/serve/users/users_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "mailpipe/app/private_file.hpp"
#include "mailpipe/app/serve/users/users.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr int kPatience = 5000;  // ms

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Result<std::vector<std::string>> read_user_lines(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return fail_errno(ENOENT, path);
    auto text = read_group_file(path, kUsersFile, path);
    if (!text) return tl::unexpected(text.error());
    const Secret whole(std::move(*text));
    std::vector<std::string> lines;
    for (std::string_view line : ascii::split(whole.reveal(), '\n'))
        lines.emplace_back(line);
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

Result<LockedUsersFile> LockedUsersFile::open(const std::string& given, bool create) {
    std::error_code ignored;
    const std::string real = std::filesystem::canonical(given, ignored).string();
    const std::string path = real.empty() ? given : real;
    while (true) {
        store::Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600));
        if (!file) return fail_errno(errno, path, create);
        auto locked = store::lock_file(file.get(), true, kPatience, path);
        if (!locked) return tl::unexpected(locked.error());
        if (!*locked) return fail(Errc::temporary, path + ": another program is changing it");
        struct stat held {};
        struct stat there {};
        // Whoever held the lock before has put another file there.
        if (::fstat(file.get(), &held) != 0 || ::stat(path.c_str(), &there) != 0 || !is_same(held, there))
            continue;
        auto lines = read_user_lines(path);
        if (!lines) return tl::unexpected(lines.error());
        return LockedUsersFile(path, std::move(file), std::move(*lines));
    }
}

Result<void> LockedUsersFile::replace() {
    const auto [directory_path, name] = store::split_path(path_);
    const store::Fd directory(::open(directory_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return fail_errno(errno, directory_path);
    std::string text;
    for (const std::string& line : lines_)
        text += line + '\n';
    const std::string temporary = '.' + name + '.' + std::to_string(::getpid());
    const std::string what = directory_path + '/' + temporary;
    ::unlinkat(directory.get(), temporary.c_str(), 0);
    const store::Fd file(::openat(directory.get(), temporary.c_str(),
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return fail_errno(errno, what, true);
    struct stat before {};
    auto done = store::write_fully(file.get(), text, what);
    // Owner first: changing it takes bits of the mode away.
    if (done &&
        (::fstat(lock_.get(), &before) != 0 || ::fchown(file.get(), before.st_uid, before.st_gid) != 0 ||
         ::fchmod(file.get(), before.st_mode & 07777U) != 0)) {
        done = fail_errno(errno, what);
    }
    if (done) done = store::sync_file(file.get(), what);
    if (done && ::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0)
        done = fail_errno(errno, path_);
    wipe(text);
    if (done) return store::sync_file(directory.get(), directory_path);
    ::unlinkat(directory.get(), temporary.c_str(), 0);
    return done;
}

}  // namespace mailpipe::app::serve
