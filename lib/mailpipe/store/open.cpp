#include "mailpipe/store/open.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir.hpp"
#include "mailpipe/store/mbox.hpp"

namespace mailpipe::store {

Result<std::unique_ptr<MailboxReader>> open_reader(Format format, const std::string& path) {
    return format == Format::maildir ? open_maildir_reader(path) : open_mbox_reader(path);
}

Result<std::unique_ptr<MailboxWriter>> open_writer(Format format, const std::string& path) {
    return format == Format::maildir ? open_maildir_writer(path) : open_mbox_writer(path);
}

Kind detect(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return Kind::nothing;
    if (S_ISDIR(info.st_mode)) {
        struct stat cur {};
        return ::stat((path + "/cur").c_str(), &cur) == 0 && S_ISDIR(cur.st_mode) ? Kind::maildir
                                                                                  : Kind::nothing;
    }
    if (!S_ISREG(info.st_mode)) return Kind::nothing;
    if (info.st_size == 0) return Kind::mbox;
    const Fd fd(open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return Kind::message;  // reading it says why it cannot be read
    const auto start = read_range(fd.get(), 0, 5, path);
    return start && *start == "From " ? Kind::mbox : Kind::message;
}

}  // namespace mailpipe::store
