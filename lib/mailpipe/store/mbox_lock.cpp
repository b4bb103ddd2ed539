#include "mailpipe/store/mbox_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::store {
namespace {

constexpr int kLockMilliseconds = 30'000;
constexpr std::time_t kStaleDotLock = 300;  // as liblockfile

bool is_stale(int directory, const std::string& name) {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (info.st_mtime < std::time(nullptr) - kStaleDotLock) return true;
    const auto content = read_whole(directory, name, name);
    if (!content) return false;
    const std::size_t colon = content->find(':');
    if (colon == std::string::npos || ascii::trim(content->substr(colon + 1)) != host_name()) return false;
    const auto pid = ascii::parse_number(std::string_view(*content).substr(0, colon));
    if (!pid || *pid == 0 || *pid > 0x7FFFFFFF) return false;
    return ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
}

// Killed between creating and filling it, we would leave a lock that nobody can judge: it is filled first.
Result<bool> link_dot_lock(int directory, int spool, const std::string& name, const std::string& path) {
    const std::string temporary = "lock." + std::to_string(::getpid());
    ::unlinkat(spool, temporary.c_str(), 0);
    Fd fd(open_at(spool, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) return fail_errno(errno, path + ".lock", true);
    auto written = write_fully(fd.get(), std::to_string(::getpid()) + ":" + host_name() + "\n", path + ".lock");
    const bool linked = written && ::linkat(spool, temporary.c_str(), directory, name.c_str(), 0) == 0;
    const int error = errno;
    ::unlinkat(spool, temporary.c_str(), 0);
    if (!written) return tl::unexpected(written.error());
    if (!linked && error != EEXIST) return fail_errno(error, path + ".lock", true);
    return linked;
}

Result<void> take_dot_lock(int directory, int spool, const std::string& name, const std::string& path) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLockMilliseconds);
    while (true) {
        auto linked = link_dot_lock(directory, spool, name, path);
        if (!linked) return tl::unexpected(linked.error());
        if (*linked) return {};
        if (is_stale(directory, name)) {
            // Among mailpipe's own the OFD lock is held by us alone, so nobody else breaks it now.
            ::unlinkat(directory, name.c_str(), 0);
            continue;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            return fail(Errc::temporary,
                        path + ": is locked by another program (" + name + "); try again later");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

}  // namespace

LockedMbox::~LockedMbox() {
    if (file_) ::unlinkat(directory_, dot_lock_.c_str(), 0);
}

Result<LockedMbox> LockedMbox::open(int directory, int spool, const std::string& name,
                                    const std::string& path) {
    while (true) {
        Fd fd(open_at(directory, name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600));
        if (!fd) return fail_errno(errno, path, true);
        auto info = stat_fd(fd.get(), path);
        if (!info) return tl::unexpected(info.error());
        if (!S_ISREG(info->st_mode)) return fail(Errc::data, path + ": is not a regular file");
        auto locked = lock_file(fd.get(), true, kLockMilliseconds, path);
        if (!locked) return tl::unexpected(locked.error());
        if (!*locked) {
            return fail(Errc::temporary, path + ": is locked by another program; try again later");
        }
        if (auto dotted = take_dot_lock(directory, spool, name + ".lock", path); !dotted) {
            return tl::unexpected(dotted.error());
        }
        LockedMbox mbox(directory, name + ".lock", std::move(fd));
        struct stat now {};
        // Another program may have replaced the file while we waited.
        if (::fstatat(directory, name.c_str(), &now, 0) == 0 && now.st_ino == info->st_ino &&
            now.st_dev == info->st_dev) {
            return mbox;
        }
    }
}

Result<void> LockedMbox::replace(Fd file, int spool, const std::string& temporary, const std::string& name,
                                 const std::string& path) {
    auto locked = lock_file(file.get(), true, 0, path);
    if (!locked) return tl::unexpected(locked.error());
    if (::renameat(spool, temporary.c_str(), directory_, name.c_str()) != 0) return fail_errno(errno, path);
    file_ = std::move(file);
    return sync_file(directory_, path);
}

}  // namespace mailpipe::store
