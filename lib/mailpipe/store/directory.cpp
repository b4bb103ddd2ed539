#include "mailpipe/store/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "mailpipe/store/file.hpp"

namespace mailpipe::store {

Result<void> for_each_name(int directory, const std::string& what,
                           const std::function<void(const char*)>& use) {
    const int fd = open_at(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(errno, what);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
    if (!stream) {
        const int error = errno;
        ::close(fd);
        return fail_errno(error, what);
    }
    errno = 0;
    while (const struct dirent* entry = ::readdir(stream.get())) {
        use(entry->d_name);
        errno = 0;
    }
    if (errno != 0) return fail_errno(errno, what);
    return {};
}

}  // namespace mailpipe::store
