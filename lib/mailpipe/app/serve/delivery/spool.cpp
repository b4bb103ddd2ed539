#include "mailpipe/app/serve/delivery/spool.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

Result<void> SpooledMessage::read(const std::function<Result<void>(std::string_view)>& take) const {
    if (error_) return tl::unexpected(*error_);
    if (!file_) return take(memory_);
    std::string piece(kPiece, '\0');
    for (std::uint64_t at = 0; at < size_;) {
        auto count = store::read_at(file_.get(), piece.data(), piece.size(), at, directory_);
        if (!count) return tl::unexpected(count.error());
        if (*count == 0) return fail(Errc::io, directory_ + ": a message in flight was cut");
        if (auto taken = take(std::string_view(piece).substr(0, *count)); !taken) return taken;
        at += *count;
    }
    return {};
}

}  // namespace mailpipe::app::serve
