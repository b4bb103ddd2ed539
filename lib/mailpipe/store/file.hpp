#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mailpipe/base/error.hpp"

// Files by handle. `what` is how an error names the file: "WHAT: No space left on device".
namespace mailpipe::store {

// Owns a file descriptor.
class Fd {
 public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();
    // Closes and reports what close(2) reports (network file systems tell of a full disk only here).
    Result<void> close(std::string_view what);

 private:
    int fd_ = -1;
};

// A name that stands for one directory entry: not empty, no '/', no NUL or line end, does not begin with '.'.
bool is_plain_name(std::string_view name);

// openat(2), again where a signal came between: on a network's file system that is so.
int open_at(int directory, const char* path, int flags, unsigned int mode = 0);
Result<void> write_fully(int fd, std::string_view octets, std::string_view what);
// One read: at most `size` octets from `offset`, 0 at the end of the file only.
Result<std::size_t> read_some_at(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                                 std::string_view what);
// At most `size` octets from `offset`; fewer at the end of the file.
Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                            std::string_view what);
Result<std::string> read_range(int fd, std::uint64_t offset, std::uint64_t length, std::string_view what);
Result<std::string> read_whole(int directory, const std::string& name, std::string_view what);
// Appends the octets from `begin` to before `end`, or to the end of the file.
Result<void> copy_range(int from, std::uint64_t begin, std::uint64_t end, int to, std::string_view what);
Result<void> sync_file(int fd, std::string_view what);
Result<struct stat> stat_fd(int fd, std::string_view what);

// The directory, made with its parents (0700), durably, when missing. Errors: cannot_create; data when it is something
// else.
Result<Fd> open_or_create_directory(const std::string& path);
Result<void> create_directory_at(int parent, const std::string& name, std::string_view what);
Result<Fd> open_directory_at(int parent, const std::string& name, std::string_view what);
// Opens a regular file for reading, never a symlink, FIFO or device.
Result<Fd> open_regular_at(int directory, const std::string& name, std::string_view what);

// Makes a file with this content, durable under its name once this returns and the directory is synced.
Result<void> create_file_at(int directory, const std::string& name, std::string_view content,
                            std::string_view what);

// Moves the file without replacing one that is there. false: the target exists.
Result<bool> move_no_replace(int from_dir, const std::string& from, int to_dir, const std::string& to,
                             std::string_view what);

// Whether one syncfs(2) makes all files of the file system durable and reports errors (ext4, xfs, btrfs, f2fs).
bool honours_syncfs(int fd);

// Whether fsync(2) of a file also makes the name durable that it was given before, and the directories on the way to it
// (ext4, with a journal or without, XFS and btrfs). Elsewhere each directory has to be synced.
bool fsync_keeps_names(int fd);

// Exclusive or shared OFD lock, waiting at most `milliseconds`. false: held by another until then.
Result<bool> lock_file(int fd, bool exclusive, int milliseconds, std::string_view what);

// The directory part of a path ("." when there is none) and the last component.
std::pair<std::string, std::string> split_path(const std::string& path);

std::string host_name();

}  // namespace mailpipe::store
