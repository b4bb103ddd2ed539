#include "mailpipe/index/copied_index.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"

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

constexpr const char* kRun = "SELECT value FROM setting WHERE name='run'";

// The number of the last run that is whole, and that of one that has begun; 0: none.
using Runs = std::array<std::int64_t, 2>;

Runs read_runs(int lock) {
    std::array<char, 64> text{};
    const auto size = ::pread(lock, text.data(), text.size() - 1, 0);
    Runs runs{};
    if (size <= 0) return runs;
    const auto words = ascii::split_words({text.data(), static_cast<std::size_t>(size)});
    for (std::size_t i = 0; i < runs.size() && i < words.size(); ++i)
        runs[i] = static_cast<std::int64_t>(ascii::parse_number(words[i]).value_or(0));
    return runs;
}

Result<void> write_runs(int lock, const Runs& runs) {
    // Always as long: a disk that is full has room for it the second time.
    std::string text;
    for (const std::int64_t run : runs) {
        const std::string digits = std::to_string(run);
        text += std::string(20 - digits.size(), '0') + digits + ' ';
    }
    text.back() = '\n';
    if (::pwrite(lock, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) return {};
    return fail_errno(errno, "the lock of the index");
}

}  // namespace

Result<IndexFile> judge_index_file(Database& database, const std::string& path, int lock) {
    auto now = identity_of(path);
    if (!now) return tl::unexpected(now.error());
    FileIdentity noted;
    std::int64_t run = 0;
    for (auto [name, value] :
         {std::pair("SELECT value FROM setting WHERE name='inode'", &noted.inode),
          std::pair("SELECT value FROM setting WHERE name='born'", &noted.born), std::pair(kRun, &run)}) {
        auto number = database.number(name);
        if (!number) return tl::unexpected(number.error());
        *value = *number;
    }
    if (noted == FileIdentity{}) return IndexFile::unknown;
    const Runs runs = read_runs(lock);
    const bool other_run = run != 0 && runs[0] != 0 && run != runs[0] && run != runs[1];
    return noted != *now || other_run ? IndexFile::copied : IndexFile::known;
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

Result<void> IndexRun::begin(Database& database) {
    auto last = database.number(kRun);
    if (!last) return tl::unexpected(last.error());
    if (::getrandom(&number_, sizeof number_, 0) != sizeof number_) return fail_errno(errno, "getrandom");
    number_ = (number_ & 0x7FFF'FFFF'FFFF'FFFF) | 1;
    if (auto written = write_runs(lock_, {*last, number_}); !written) return written;
    auto query = database.query("INSERT OR REPLACE INTO setting VALUES('run',?)");
    return query ? query->run(number_) : Result<void>(tl::unexpected(query.error()));
}

void IndexRun::end() {
    [[maybe_unused]] const auto written = write_runs(lock_, {number_, number_});
}

}  // namespace mailpipe::index
