// A library to be preloaded: a disk below $BAD_DISK_TOP that fails, or whose power does, at one call.
//
// $BAD_DISK_REPORT names a file that gets a line for each call that changes the disk. At call number $BAD_DISK_AT (0:
// never; -1: when the program has ended) happens what $BAD_DISK_KIND says:
//
//   ENOSPC, EDQUOT, EIO, EINTR  the call fails so; EINTR where the call knows it
//   short               a write takes half of what it is given
//   power               the process ends and all that was not synced is undone: the contents of files, and the names
//                       in directories. An fsync of a file makes its contents durable, and on a file system where that
//                       is so (store::fsync_keeps_names()) the names on the way to it; one of a directory the names in
//                       it. A rename counts as durable when the directory that it went to is
//   power-data          the same, but all names survive: files that are too short or empty
//   power-names         the same, but all contents survive
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kKilled = 137;

int real_openat(int directory, const char* path, int flags, mode_t mode) {
    return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
}
ssize_t real_pwrite(int fd, const void* octets, std::size_t size, off_t offset) {
    return ::syscall(SYS_pwrite64, fd, octets, size, offset);
}

std::string value_of(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string path_of(int fd) {
    std::string path(PATH_MAX, '\0');
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size());
    path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return path;
}
std::string join(int directory, const char* name) {
    if (name[0] == '/') return name;
    return (directory == AT_FDCWD ? std::string(".") : path_of(directory)) + "/" + name;
}
std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

struct Inode {
    dev_t device;
    ino_t number;
    bool operator==(const Inode&) const = default;
};
bool inode_of(const std::string& path, Inode& inode) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return false;
    inode = {info.st_dev, info.st_ino};
    return true;
}
bool inode_of(int fd, Inode& inode) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return false;
    inode = {info.st_dev, info.st_ino};
    return true;
}

bool is_regular(int fd) {
    struct stat info {};
    return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

class Disk {
 public:
    // The call fails with this errno; 0: it does not.
    int step(const char* call, const std::string& path, bool may_be_interrupted) {
        if (!is_below(path)) return 0;
        const std::lock_guard lock(mutex_);
        report(call, path);
        if (++count_ != at_) return 0;
        if (kind_.rfind("power", 0) == 0) lose_power();
        if (kind_ == "ENOSPC") return ENOSPC;
        if (kind_ == "EDQUOT") return EDQUOT;
        if (kind_ == "EIO") return EIO;
        if (kind_ == "EINTR" && may_be_interrupted) return EINTR;
        return 0;
    }
    // How much of a write is taken: as step().
    int step_write(const char* call, int fd, std::size_t& size) {
        const std::string path = path_of(fd);
        const int error = step(call, path, true);
        if (error == 0 && count_ == at_ && kind_ == "short" && is_below(path) && size > 1) size /= 2;
        return error;
    }

    bool is_below(const std::string& path) const {
        return !top_.empty() && path.compare(0, top_.size(), top_) == 0 &&
               path.find(" (deleted)") == std::string::npos;
    }
    bool is_power() const { return at_ != 0 && kind_.rfind("power", 0) == 0; }

    // Before the contents from `offset` on are written over, or cut off there.
    void keep_contents(int fd, off_t offset, std::size_t size) {
        struct stat info {};
        if (!is_power() || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || !is_below(path_of(fd))) return;
        const int kept =
            real_openat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR | O_CLOEXEC, 0);
        if (kept < 0) return;
        const off_t end = std::min(info.st_size, static_cast<off_t>(offset + static_cast<off_t>(size)));
        std::string old(end > offset ? static_cast<std::size_t>(end - offset) : 0, '\0');
        if (::pread(kept, old.data(), old.size(), offset) != static_cast<ssize_t>(old.size())) std::abort();
        add({true, {info.st_dev, info.st_ino}, [kept, offset, old, length = info.st_size] {
                 if (::syscall(SYS_ftruncate, kept, length) != 0) std::abort();
                 if (!old.empty() && real_pwrite(kept, old.data(), old.size(), offset) < 0) std::abort();
             }});
    }
    // Names: a change in the directory of `path`, with what undoes it.
    void keep_name(const std::string& path, std::function<void()> undo) {
        Inode inode{};
        if (is_power() && is_below(path) && inode_of(parent_of(path), inode))
            add({false, inode, std::move(undo), path});
    }
    // Another name of what is at `path`, under which it outlives its removal; empty when there is nothing.
    std::string keep_file(const std::string& path) {
        Inode inode{};
        if (!is_power() || !is_below(path) || !inode_of(path, inode)) return "";
        const std::string kept = top_ + "/.kept-" + std::to_string(++kept_count_);
        return ::syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0) == 0 ? kept : "";
    }
    void synced(int fd) {
        Inode inode{};
        if (!is_power() || !inode_of(fd, inode)) return;
        const std::string path = keeps_names(fd) ? path_of(fd) + "/" : "";
        const std::lock_guard lock(mutex_);
        std::erase_if(undo_, [&](const Undo& one) {
            return one.inode == inode || (!one.is_data && path.rfind(one.path + "/", 0) == 0);
        });
    }
    void synced_all() {
        const std::lock_guard lock(mutex_);
        undo_.clear();
    }

    void end() {
        if (at_ < 0 && is_power()) lose_power();
    }

 private:
    struct Undo {
        bool is_data;
        Inode inode;  // of the file, or the directory
        std::function<void()> run;
        std::string path = {};  // the name
    };

    // As mailpipe sees it.
    static bool keeps_names(int fd) {
        struct statfs info {};
        constexpr long kKnown[] = {0xEF53, 0x58465342, 0x9123683E};  // ext4, XFS, btrfs
        return is_regular(fd) && ::fstatfs(fd, &info) == 0 &&
               std::find(std::begin(kKnown), std::end(kKnown), static_cast<long>(info.f_type)) !=
                   std::end(kKnown);
    }
    void add(Undo undo) {
        const std::lock_guard lock(mutex_);
        undo_.push_back(std::move(undo));
    }
    void report(const char* call, const std::string& path) {
        if (report_fd_ < 0)
            report_fd_ = real_openat(AT_FDCWD, value_of("BAD_DISK_REPORT").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const std::string line = std::string(call) + " " + path + "\n";
        if (::syscall(SYS_write, report_fd_, line.data(), line.size()) < 0) std::abort();
    }
    [[noreturn]] void lose_power() {
        for (auto one = undo_.rbegin(); one != undo_.rend(); ++one) {
            if (one->is_data ? kind_ != "power-names" : kind_ != "power-data") one->run();
        }
        for (int number = 1; number <= kept_count_; ++number)
            ::syscall(SYS_unlink, (top_ + "/.kept-" + std::to_string(number)).c_str());
        ::syscall(SYS_exit_group, kKilled);
        std::abort();
    }

    const std::string top_ = value_of("BAD_DISK_TOP");
    const std::string kind_ = value_of("BAD_DISK_KIND");
    const int at_ = std::atoi(value_of("BAD_DISK_AT").c_str());
    std::mutex mutex_;  // of all below
    int count_ = 0;
    int report_fd_ = -1;
    std::atomic<int> kept_count_ = 0;
    std::vector<Undo> undo_;
};

// Made at the first call, which may come before the constructors of this library, and never destroyed.
Disk& disk() {
    static Disk* const one = [] {
        std::atexit([] { disk().end(); });
        return new Disk;
    }();
    return *one;
}

int failed(int error) {
    errno = error;
    return -1;
}

int open_file(const char* call, int directory, const char* path, int flags, mode_t mode) {
    // What only reads changes nothing.
    if ((flags & (O_CREAT | O_TRUNC)) == 0) return real_openat(directory, path, flags, mode);
    const std::string full = join(directory, path);
    if (!disk().is_below(full)) return real_openat(directory, path, flags, mode);
    struct stat before {};
    const bool existed = ::lstat(full.c_str(), &before) == 0;
    if (const int error = disk().step(call, full, true); error != 0) return failed(error);
    if (existed && (flags & O_TRUNC) != 0) {
        const int old = real_openat(AT_FDCWD, full.c_str(), O_RDWR | O_CLOEXEC, 0);
        if (old >= 0) disk().keep_contents(old, 0, static_cast<std::size_t>(before.st_size));
        if (old >= 0) ::syscall(SYS_close, old);
    }
    const int fd = real_openat(directory, path, flags, mode);
    if (fd >= 0 && !existed) disk().keep_name(full, [full] { ::syscall(SYS_unlink, full.c_str()); });
    return fd;
}

mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

int rename_file(const char* call, int from_directory, const char* from, int to_directory, const char* to,
                unsigned int flags) {
    const std::string from_path = join(from_directory, from);
    const std::string to_path = join(to_directory, to);
    if (const int error = disk().step(call, to_path, false); error != 0) return failed(error);
    const std::string replaced = disk().keep_file(to_path);
    const long done = ::syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    if (done == 0) {
        disk().keep_name(to_path, [from_path, to_path, replaced] {
            ::syscall(SYS_rename, to_path.c_str(), from_path.c_str());
            if (!replaced.empty()) ::syscall(SYS_rename, replaced.c_str(), to_path.c_str());
        });
    }
    return static_cast<int>(done);
}

int unlink_file(const char* call, int directory, const char* name, int flags) {
    const std::string path = join(directory, name);
    if (const int error = disk().step(call, path, false); error != 0) return failed(error);
    const std::string kept = disk().keep_file(path);
    const long done = ::syscall(SYS_unlinkat, directory, name, flags);
    if (done == 0 && !kept.empty())
        disk().keep_name(path, [path, kept] { ::syscall(SYS_rename, kept.c_str(), path.c_str()); });
    return static_cast<int>(done);
}

int link_file(const char* call, int from_directory, const char* from, int to_directory, const char* to,
              int flags) {
    const std::string to_path = join(to_directory, to);
    if (const int error = disk().step(call, to_path, false); error != 0) return failed(error);
    const long done = ::syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    if (done == 0) disk().keep_name(to_path, [to_path] { ::syscall(SYS_unlink, to_path.c_str()); });
    return static_cast<int>(done);
}

int make_directory(const char* call, int directory, const char* name, mode_t mode) {
    const std::string path = join(directory, name);
    struct stat before {};
    if (::lstat(path.c_str(), &before) == 0)
        return static_cast<int>(::syscall(SYS_mkdirat, directory, name, mode));
    if (const int error = disk().step(call, path, false); error != 0) return failed(error);
    const long done = ::syscall(SYS_mkdirat, directory, name, mode);
    if (done == 0) disk().keep_name(path, [path] { ::syscall(SYS_rmdir, path.c_str()); });
    return static_cast<int>(done);
}

off_t end_of(int fd) {
    struct stat info {};
    return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}
off_t place_of(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    return (flags & O_APPEND) != 0 ? end_of(fd) : ::lseek(fd, 0, SEEK_CUR);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file("open", AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file("open", AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file("openat", directory, path, flags, mode);
}
int openat64(int directory, const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file("openat", directory, path, flags, mode);
}

ssize_t write(int fd, const void* octets, std::size_t size) {
    if (is_regular(fd)) {
        if (const int error = disk().step_write("write", fd, size); error != 0) return failed(error);
        disk().keep_contents(fd, place_of(fd), size);
    }
    return ::syscall(SYS_write, fd, octets, size);
}
ssize_t pwrite(int fd, const void* octets, std::size_t size, off_t offset) {
    if (is_regular(fd)) {
        if (const int error = disk().step_write("pwrite", fd, size); error != 0) return failed(error);
        disk().keep_contents(fd, offset, size);
    }
    return real_pwrite(fd, octets, size, offset);
}
ssize_t pwrite64(int fd, const void* octets, std::size_t size, off_t offset) {
    return pwrite(fd, octets, size, offset);
}
ssize_t writev(int fd, const struct iovec* pieces, int count) {
    if (!is_regular(fd)) return ::syscall(SYS_writev, fd, pieces, count);
    // A short one is the first piece alone.
    std::size_t size = 2;
    if (const int error = disk().step_write("writev", fd, size); error != 0) return failed(error);
    const int taken = size == 2 ? count : 1;
    std::size_t all = 0;
    for (int i = 0; i < taken; ++i)
        all += pieces[i].iov_len;
    disk().keep_contents(fd, place_of(fd), all);
    return ::syscall(SYS_writev, fd, pieces, taken);
}
int ftruncate(int fd, off_t size) noexcept {
    if (const int error = disk().step("ftruncate", path_of(fd), false); error != 0) return failed(error);
    disk().keep_contents(fd, size, static_cast<std::size_t>(std::max<off_t>(0, end_of(fd) - size)));
    return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off_t size) noexcept {
    return ftruncate(fd, size);
}

int fsync(int fd) {
    if (const int error = disk().step("fsync", path_of(fd), true); error != 0) return failed(error);
    const long done = ::syscall(SYS_fsync, fd);
    if (done == 0) disk().synced(fd);
    return static_cast<int>(done);
}
int fdatasync(int fd) {
    return fsync(fd);
}
int syncfs(int fd) noexcept {
    if (const int error = disk().step("syncfs", path_of(fd), false); error != 0) return failed(error);
    const long done = ::syscall(SYS_syncfs, fd);
    if (done == 0) disk().synced_all();
    return static_cast<int>(done);
}

int close(int fd) {
    // NFS says here that the disk is full; the descriptor is gone all the same.
    int error = 0;
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && is_regular(fd))
        error = disk().step("close", path_of(fd), false);
    const long done = ::syscall(SYS_close, fd);
    return error != 0 ? failed(error) : static_cast<int>(done);
}

int rename(const char* from, const char* to) noexcept {
    return rename_file("rename", AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
    return rename_file("renameat", from_directory, from, to_directory, to, 0);
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned int flags) noexcept {
    return rename_file("renameat2", from_directory, from, to_directory, to, flags);
}
int link(const char* from, const char* to) noexcept {
    return link_file("link", AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) noexcept {
    return link_file("linkat", from_directory, from, to_directory, to, flags);
}
int unlink(const char* path) noexcept {
    return unlink_file("unlink", AT_FDCWD, path, 0);
}
int unlinkat(int directory, const char* path, int flags) noexcept {
    return unlink_file("unlinkat", directory, path, flags);
}
int mkdir(const char* path, mode_t mode) noexcept {
    return make_directory("mkdir", AT_FDCWD, path, mode);
}
int mkdirat(int directory, const char* path, mode_t mode) noexcept {
    return make_directory("mkdirat", directory, path, mode);
}

}  // extern "C"
#pragma GCC visibility pop
