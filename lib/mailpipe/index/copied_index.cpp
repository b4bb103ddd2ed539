#include "mailpipe/index/copied_index.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace mailpipe::index {
namespace {

struct FileIdentity {
    std::int64_t inode = 0, born = 0;  // nanoseconds; 0: not known

    bool operator==(const FileIdentity&) const = default;
};

Result<FileIdentity> identity_of(const std::string& path) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    struct statx info {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &info) != 0)
        return fail_errno(errno, path);
    FileIdentity identity;
    identity.inode = static_cast<std::int64_t>(info.stx_ino);
    // The number alone is not enough: a file that replaces another one often gets the inode that has just become free.
    if ((info.stx_mask & STATX_BTIME) != 0)
        identity.born = info.stx_btime.tv_sec * kSecond + info.stx_btime.tv_nsec;
    return identity;
}

}  // namespace

Result<IndexFile> judge_index_file(Database& database, const std::string& path) {
    auto now = identity_of(path);
    if (!now) return tl::unexpected(now.error());
    FileIdentity noted;
    for (auto [name, value] : {std::pair("SELECT value FROM setting WHERE name='inode'", &noted.inode),
                               std::pair("SELECT value FROM setting WHERE name='born'", &noted.born)}) {
        auto number = database.number(name);
        if (!number) return tl::unexpected(number.error());
        *value = *number;
    }
    if (noted == *now) return IndexFile::known;
    return noted == FileIdentity{} ? IndexFile::unknown : IndexFile::copied;
}

Result<void> note_index_file(Database& database, const std::string& path) {
    auto identity = identity_of(path);
    if (!identity) return tl::unexpected(identity.error());
    for (auto [name, value] : {std::pair("inode", identity->inode), std::pair("born", identity->born)}) {
        auto query = database.query("INSERT OR REPLACE INTO setting VALUES(?,?)");
        if (!query) return tl::unexpected(query.error());
        if (auto done = query->run(std::string_view(name), value); !done) return done;
    }
    return {};
}

}  // namespace mailpipe::index
