#include "mailpipe/store/file.hpp"

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <initializer_list>
#include <thread>

namespace mailpipe::store {
namespace {

constexpr std::size_t kCopied = 1 << 20;

// From <linux/magic.h>; f2fs and btrfs are missing in older headers.
constexpr long kExt4 = 0xEF53;
constexpr long kXfs = 0x58465342;
constexpr long kBtrfs = 0x9123683E;
constexpr long kF2fs = 0xF2F52010;

bool is_on(int fd, std::initializer_list<long> file_systems) {
    struct statfs info {};
    if (::fstatfs(fd, &info) != 0) return false;
    return std::find(file_systems.begin(), file_systems.end(), static_cast<long>(info.f_type)) !=
           file_systems.end();
}

}  // namespace

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Result<void> Fd::close(std::string_view what) {
    const int fd = std::exchange(fd_, -1);
    // Linux releases the descriptor even when close reports EINTR.
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return fail_errno(errno, what);
    return {};
}

bool is_plain_name(std::string_view name) {
    // Each by itself, which is a few instructions where a set is a few for each octet.
    return !name.empty() && name.size() <= 255 && name[0] != '.' && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos && name.find('\r') == std::string_view::npos &&
           name.find('\n') == std::string_view::npos;
}

int open_at(int directory, const char* path, int flags, unsigned int mode) {
    while (true) {
        const int fd = ::openat(directory, path, flags, mode);
        if (fd >= 0 || errno != EINTR) return fd;
    }
}

Result<void> write_fully(int fd, std::string_view octets, std::string_view what) {
    while (!octets.empty()) {
        const ssize_t count = ::write(fd, octets.data(), octets.size());
        if (count < 0) {
            if (errno == EINTR) continue;
            return fail_errno(errno, what);
        }
        octets.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<std::size_t> read_some_at(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                                 std::string_view what) {
    while (true) {
        const ssize_t count = ::pread(fd, buffer, size, static_cast<off_t>(offset));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return fail_errno(errno, what);
    }
}

Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                            std::string_view what) {
    std::size_t done = 0;
    while (done < size) {
        const auto count = read_some_at(fd, buffer + done, size - done, offset + done, what);
        if (!count) return count;
        if (*count == 0) break;
        done += *count;
    }
    return done;
}

Result<std::string> read_range(int fd, std::uint64_t offset, std::uint64_t length, std::string_view what) {
    std::string out(length, '\0');
    auto count = read_at(fd, out.data(), out.size(), offset, what);
    if (!count) return tl::unexpected(count.error());
    out.resize(*count);
    return out;
}

Result<std::string> read_whole(int directory, const std::string& name, std::string_view what) {
    auto file = open_regular_at(directory, name, what);
    if (!file) return tl::unexpected(file.error());
    auto info = stat_fd(file->get(), what);
    if (!info) return tl::unexpected(info.error());
    return read_range(file->get(), 0, static_cast<std::uint64_t>(info->st_size), what);
}

Result<void> copy_range(int from, std::uint64_t begin, std::uint64_t end, int to, std::string_view what) {
    while (begin < end) {
        auto piece = read_range(from, begin, std::min<std::uint64_t>(kCopied, end - begin), what);
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) break;
        begin += piece->size();
        if (auto written = write_fully(to, *piece, what); !written) return written;
    }
    return {};
}

Result<void> sync_file(int fd, std::string_view what) {
    while (::fsync(fd) != 0) {
        if (errno != EINTR) return fail_errno(errno, what);
    }
    return {};
}

Result<struct stat> stat_fd(int fd, std::string_view what) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return fail_errno(errno, what);
    return info;
}

namespace {

// Makes the entry of what was just made there durable. A directory that may be written but not read cannot be synced.
Result<void> sync_parent(const std::string& path) {
    const std::string parent = split_path(path).first;
    const Fd fd(open_at(AT_FDCWD, parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return errno == EACCES ? Result<void>{} : fail_errno(errno, parent);
    return sync_file(fd.get(), parent);
}

}  // namespace

Result<Fd> open_or_create_directory(const std::string& path) {
    if (path.empty()) return fail(Errc::usage, "a store needs a path");
    for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        const std::string prefix = path.substr(0, at);
        if (::mkdir(prefix.c_str(), 0700) == 0) {
            if (auto synced = sync_parent(prefix); !synced) return tl::unexpected(synced.error());
        } else if (errno != EEXIST) {
            // An unwritable or read-only parent does not matter when what is asked for exists.
            const int error = errno;
            struct stat info {};
            if (::stat(prefix.c_str(), &info) != 0) return fail_errno(error, prefix, true);
        }
        if (at == std::string::npos) break;
    }
    Fd fd(open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd) return fd;
    if (errno == ENOTDIR) return fail(Errc::data, path + ": is not a directory");
    return fail_errno(errno, path, true);
}

Result<void> create_directory_at(int parent, const std::string& name, std::string_view what) {
    if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, what, true);
    return {};
}

Result<Fd> open_directory_at(int parent, const std::string& name, std::string_view what) {
    Fd fd(open_at(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, what);
    return fd;
}

Result<Fd> open_regular_at(int directory, const std::string& name, std::string_view what) {
    Fd fd(open_at(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return fail_errno(errno, what);
    auto info = stat_fd(fd.get(), what);
    if (!info) return tl::unexpected(info.error());
    if (!S_ISREG(info->st_mode)) return fail(Errc::data, std::string(what) + ": is not a regular file");
    return fd;
}

Result<void> create_file_at(int directory, const std::string& name, std::string_view content,
                            std::string_view what) {
    Fd fd(open_at(directory, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return fail_errno(errno, what, true);
    if (auto written = write_fully(fd.get(), content, what); !written) return written;
    if (auto synced = sync_file(fd.get(), what); !synced) return synced;
    return fd.close(what);
}

Result<bool> move_no_replace(int from_dir, const std::string& from, int to_dir, const std::string& to,
                             std::string_view what) {
    if (::renameat2(from_dir, from.c_str(), to_dir, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    // NFS and old file systems know no RENAME_NOREPLACE.
    if (errno != EINVAL && errno != ENOSYS) return fail_errno(errno, what);
    if (::linkat(from_dir, from.c_str(), to_dir, to.c_str(), 0) != 0) {
        if (errno == EEXIST) return false;
        return fail_errno(errno, what);
    }
    if (::unlinkat(from_dir, from.c_str(), 0) != 0 && errno != ENOENT) return fail_errno(errno, what);
    return true;
}

bool honours_syncfs(int fd) {
    return is_on(fd, {kExt4, kXfs, kBtrfs, kF2fs});
}

bool fsync_keeps_names(int fd) {
    return is_on(fd, {kExt4, kXfs, kBtrfs});
}

Result<bool> lock_file(int fd, bool exclusive, int milliseconds, std::string_view what) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (true) {
        struct flock lock {};
        lock.l_type = static_cast<short>(exclusive ? F_WRLCK : F_RDLCK);
        lock.l_whence = SEEK_SET;
        if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EACCES) return fail_errno(errno, what);
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

std::pair<std::string, std::string> split_path(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

}  // namespace mailpipe::store
