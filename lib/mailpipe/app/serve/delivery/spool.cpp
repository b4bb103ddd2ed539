#include "mailpipe/app/serve/delivery/spool.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

Result<store::Fd> open_nameless(const std::string& directory) {
    store::Fd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    // File systems without O_TMPFILE (NFS, overlayfs of old kernels).
    std::string path = directory + "/.mail-serve-XXXXXX";
    file = store::Fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!file) return fail_errno(errno, directory);
    ::unlink(path.c_str());
    return file;
}

}  // namespace

SpooledMessage::~SpooledMessage() {
    budget_.used -= memory_.size();
}

Result<void> SpooledMessage::append(std::string_view crlf_text) {
    if (error_) return tl::unexpected(*error_);
    const bool fits = memory_.size() + crlf_text.size() <= kSpoolMemory &&
                      budget_.used + crlf_text.size() <= kSpoolMemoryOfAll;
    Result<void> done;
    if (!file_ && fits) {
        memory_ += crlf_text;
        budget_.used += crlf_text.size();
    } else {
        if (!file_) done = spill();
        if (done) done = store::write_fully(file_.get(), crlf_text, directory_);
    }
    if (!done) {
        error_ = done.error();
        file_.reset();
        return done;
    }
    size_ += crlf_text.size();
    return done;
}

Result<void> SpooledMessage::spill() {
    auto file = open_nameless(directory_);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    auto written = store::write_fully(file_.get(), memory_, directory_);
    budget_.used -= memory_.size();
    std::string().swap(memory_);
    return written;
}

void SpooledMessage::leave_out(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
    left_out_ = std::move(ranges);
    left_out_octets_ = 0;
    for (const auto& [offset, length] : left_out_)
        left_out_octets_ += length;
}

Result<void> SpooledMessage::give(std::string_view piece, std::uint64_t at, const Take& take) const {
    for (const auto& [offset, length] : left_out_) {
        if (piece.empty() || offset >= at + piece.size()) break;
        if (offset + length <= at) continue;
        const std::size_t before = offset > at ? static_cast<std::size_t>(offset - at) : 0;
        if (before != 0) {
            if (auto taken = take(piece.substr(0, before)); !taken) return taken;
        }
        const auto gone = std::min<std::uint64_t>(offset + length - at, piece.size());
        piece.remove_prefix(static_cast<std::size_t>(gone));
        at += gone;
    }
    return piece.empty() ? Result<void>{} : take(piece);
}

Result<void> SpooledMessage::read(const Take& take) const {
    if (error_) return tl::unexpected(*error_);
    if (!file_) return give(memory_, 0, take);
    std::string piece(kPiece, '\0');
    for (std::uint64_t at = 0; at < size_;) {
        auto count = store::read_at(file_.get(), piece.data(), piece.size(), at, directory_);
        if (!count) return tl::unexpected(count.error());
        if (*count == 0) return fail(Errc::io, directory_ + ": a message in flight was cut");
        if (auto taken = give(std::string_view(piece).substr(0, *count), at, take); !taken) return taken;
        at += *count;
    }
    return {};
}

}  // namespace mailpipe::app::serve
