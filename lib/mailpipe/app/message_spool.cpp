#include "mailpipe/app/message_spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "mailpipe/app/message_output.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kHeld = 1U << 20;
constexpr std::size_t kPiece = 65536;

std::string temporary_directory() {
    const char* directory = std::getenv("TMPDIR");
    return directory != nullptr && *directory != '\0' ? directory : "/tmp";
}

Result<int> open_nameless_file() {
    const std::string directory = temporary_directory();
    int file = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    // File systems without O_TMPFILE (overlayfs of old kernels, NFS) say one of these.
    if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        std::string name = directory + "/mailpipe-XXXXXX";
        file = mkostemp(name.data(), O_CLOEXEC);
        if (file >= 0) unlink(name.c_str());
    }
    if (file < 0) return fail_errno(errno, "temporary file in " + directory, true);
    return file;
}

}  // namespace

MessageSpool::~MessageSpool() {
    if (file_ >= 0) close(file_);
}

Result<void> MessageSpool::append(std::string_view octets) {
    held_ += octets;
    // In the file once, in the file for good: then small pieces are gathered only.
    if (held_.size() > (written_ == 0 ? kHeld : kPiece)) return flush();
    return {};
}

Result<void> MessageSpool::flush() {
    if (file_ < 0) {
        auto opened = open_nameless_file();
        if (!opened) return tl::unexpected(opened.error());
        file_ = *opened;
    }
    auto done = write_all(file_, held_, "temporary file in " + temporary_directory());
    if (!done) return done;
    written_ += held_.size();
    held_.clear();
    return {};
}

Result<std::string_view> MessageSpool::read(std::uint64_t offset) {
    if (offset >= written_) {
        return std::string_view(held_).substr(static_cast<std::size_t>(offset - written_), kPiece);
    }
    piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, written_ - offset)));
    const ssize_t count = pread(file_, piece_.data(), piece_.size(), static_cast<off_t>(offset));
    if (count <= 0) return fail_errno(count < 0 ? errno : EIO, "temporary file in " + temporary_directory());
    return std::string_view(piece_).substr(0, static_cast<std::size_t>(count));
}

void MessageSpool::clear() {
    held_.clear();
    written_ = 0;
    // A file that cannot be emptied is left and the next message gets its own.
    if (file_ >= 0 && (ftruncate(file_, 0) != 0 || lseek(file_, 0, SEEK_SET) != 0)) {
        close(file_);
        file_ = -1;
    }
}

}  // namespace mailpipe::app
