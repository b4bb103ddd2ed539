#pragma once

#include <string>

#include "mailpipe/store/file.hpp"

namespace mailpipe::store {

// An mbox opened for appending and locked: an OFD lock on the file, then a dot lock NAME.lock that holds our
// pid and host (the order of Debian's policy). Both are given back at destruction. A dot lock of a dead process
// of this host, or one older than five minutes, is stale.
class LockedMbox {
 public:
    LockedMbox(LockedMbox&& other) noexcept = default;
    LockedMbox& operator=(LockedMbox&&) = delete;
    ~LockedMbox();

    // Creates the file (0600). Errors: cannot_create, io; temporary when another keeps the lock for 30 s; data
    // when it is not a regular file. The dot lock is made in `spool`, a directory of the same file system, and
    // linked.
    static Result<LockedMbox> open(int directory, int spool, const std::string& name, const std::string& path);

    int fd() const { return file_.get(); }
    // Puts `file`, named `temporary` in `spool`, in place of the mbox.
    Result<void> replace(Fd file, int spool, const std::string& temporary, const std::string& name,
                         const std::string& path);

 private:
    LockedMbox(int directory, std::string dot_lock, Fd file)
        : directory_(directory), dot_lock_(std::move(dot_lock)), file_(std::move(file)) {}

    int directory_;
    std::string dot_lock_;
    Fd file_;
};

}  // namespace mailpipe::store
