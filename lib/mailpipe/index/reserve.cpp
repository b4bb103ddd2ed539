#include "mailpipe/index/reserve.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "mailpipe/store/file.hpp"

namespace mailpipe::index {

void Reserve::keep() {
    const std::lock_guard lock(mutex_);
    if (there_) return;
    const store::Fd file(
        store::open_at(AT_FDCWD, path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return;
    there_ = ::posix_fallocate(file.get(), 0, kOctets) == 0;
    // A part of it is of no use, and in the way.
    if (!there_) ::unlink(path_.c_str());
}

bool Reserve::give_up() {
    const std::lock_guard lock(mutex_);
    there_ = false;
    return ::unlink(path_.c_str()) == 0;
}

}  // namespace mailpipe::index
