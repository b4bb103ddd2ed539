#include "mailpipe/app/input_source.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

Fail stopped() {
    return fail(Errc::temporary, "stopped by a signal while reading the input");
}

}  // namespace

Result<bool> InputSource::more() {
    std::array<char, 65536> piece;
    struct pollfd readable {
        fd_, POLLIN, 0
    };
    while (!eof_) {
        // The signal has come while nothing was read: nothing else would end a read that waits.
        if (stop_requested() && ::poll(&readable, 1, 0) == 0) return stopped();
        const ssize_t count = ::read(fd_, piece.data(), piece.size());
        if (count > 0) {
            buffer_.append(std::string_view(piece.data(), static_cast<std::size_t>(count)));
            return true;
        }
        if (count == 0) {
            eof_ = true;
        } else if (errno == EINTR) {
            if (stop_requested()) return stopped();
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            ::poll(&readable, 1, -1);
        } else {
            return fail_errno(errno, "cannot read the input");
        }
    }
    return false;
}

Result<bool> InputSource::ensure(std::size_t count) {
    while (view().size() < count) {
        auto got = more();
        if (!got || !*got) return got;
    }
    return true;
}

}  // namespace mailpipe::app
