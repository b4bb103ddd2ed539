#include "mailpipe/app/input_source.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {

Result<bool> InputSource::more() {
    std::array<char, 65536> piece;
    while (!eof_) {
        const ssize_t count = ::read(fd_, piece.data(), piece.size());
        if (count > 0) {
            buffer_.append(std::string_view(piece.data(), static_cast<std::size_t>(count)));
            return true;
        }
        if (count == 0) {
            eof_ = true;
        } else if (errno == EINTR) {
            if (stop_requested()) return fail(Errc::temporary, "stopped by a signal while reading the input");
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd readable {
                fd_, POLLIN, 0
            };
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
