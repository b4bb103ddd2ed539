#include "mailpipe/index/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "mailpipe/store/directory.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::index {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t nanoseconds(const struct timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

std::string in(const char* directory, std::string_view name) {
    return std::string(directory) + "/" + std::string(name);
}

}  // namespace

std::string cur_name(std::string_view base, std::string_view letters) {
    std::string name = "cur/";
    name.append(base).append(":2,").append(letters);
    return name;
}

Result<std::shared_ptr<const Folder>> Folder::open(const std::string& path) {
    store::Fd root(store::open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno(errno, path);
    for (const char* name : {"tmp", "new", "cur"}) {
        if (auto made = store::create_directory_at(root.get(), name, in(path.c_str(), name)); !made)
            return tl::unexpected(made.error());
    }
    return std::shared_ptr<const Folder>(new Folder(path, std::move(root)));
}

Result<std::int64_t> Folder::time_of(const char* directory) const {
    struct stat info {};
    if (::fstatat(root(), directory, &info, 0) != 0) return fail_errno(errno, in(path_.c_str(), directory));
    return nanoseconds(info.st_mtim);
}

Result<FolderTimes> Folder::times() const {
    auto new_time = time_of("new");
    if (!new_time) return tl::unexpected(new_time.error());
    auto cur_time = time_of("cur");
    if (!cur_time) return tl::unexpected(cur_time.error());
    return FolderTimes{*new_time, *cur_time};
}

Result<std::int64_t> Folder::mark(const char* directory) const {
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    // Whole microseconds and nanoseconds of a tick are what the kernel would write as well.
    const std::array<struct timespec, 2> times{{{0, UTIME_OMIT}, now}};
    const bool marked = ::utimensat(root(), directory, times.data(), 0) == 0;
    auto time = time_of(directory);
    if (!time) return time;
    // A time as recent as this one can still be that of the next change.
    if (!marked) return nanoseconds(now) - *time < kSecond ? 0 : *time;
    // A file system with whole seconds: no time tells.
    if (*time % kSecond == 0) return 0;
    // Not what is there now: who came in between must show.
    return nanoseconds(now);
}

Result<std::shared_ptr<const store::MaildirIndex>> Folder::scan() const {
    std::array<store::Fd, 2> directories;
    for (const auto& [place, name] : {std::pair(store::kNew, "new"), std::pair(store::kCur, "cur")}) {
        auto opened = store::open_directory_at(root(), name, in(path_.c_str(), name));
        if (!opened) return tl::unexpected(opened.error());
        directories[place] = std::move(*opened);
    }
    return store::MaildirIndex::scan(directories, path_);
}

Result<std::vector<std::string>> Folder::names_in_new() const {
    auto directory = store::open_directory_at(root(), "new", path_);
    if (!directory) return tl::unexpected(directory.error());
    std::vector<std::string> names;
    auto read = store::for_each_name(directory->get(), path_, [&names](const char* name) {
        if (store::is_plain_name(name)) names.emplace_back(name);
    });
    if (!read) return tl::unexpected(read.error());
    std::erase_if(names, [&](const std::string& name) {
        struct stat info {};
        return ::fstatat(directory->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
               !S_ISREG(info.st_mode) || store::base_of(name).empty();
    });
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return store::arrival_key(store::base_of(a)) < store::arrival_key(store::base_of(b));
    });
    return names;
}

Result<std::optional<std::string>> Folder::search(const std::string& base) const {
    for (const char* place : {"cur", "new"}) {
        auto directory = store::open_directory_at(root(), place, path_);
        if (!directory) return tl::unexpected(directory.error());
        std::optional<std::string> found;
        auto read = store::for_each_name(directory->get(), path_, [&](const char* name) {
            if (store::base_of(name) == base) found = in(place, name);
        });
        if (!read) return tl::unexpected(read.error());
        if (found) return found;
    }
    return std::nullopt;
}

Result<store::Fd> Folder::open_message(const std::string& base, const std::string& letters) const {
    const std::array<std::string, 4> likely{cur_name(base, letters), in("new", base), in("cur", base),
                                            in("tmp", base)};
    for (const std::string& name : likely) {
        auto file = store::open_regular_at(root(), name, path_);
        if (file || file.error().kind != Errc::not_found) return file;
    }
    // Another program renames it at this moment, perhaps.
    constexpr int kTries = 3;
    for (int i = 0; i < kTries; ++i) {
        auto name = search(base);
        if (!name) return tl::unexpected(name.error());
        if (!*name) break;
        auto file = store::open_regular_at(root(), **name, path_);
        if (file || file.error().kind != Errc::not_found) return file;
    }
    return fail(Errc::not_found, path_ + ": message " + base + " is gone");
}

Result<bool> Folder::adopt(const std::string& from, const std::string& base, const std::string& letters) const {
    auto moved = store::move_no_replace(root(), from, root(), cur_name(base, letters), path_);
    if (!moved && moved.error().kind == Errc::not_found) return false;
    return moved;
}

Result<bool> Folder::rename(const std::string& base, const std::string& from_letters,
                            const std::string& to_letters) const {
    // Names of files are unique by their base: nothing is replaced.
    if (::renameat(root(), cur_name(base, from_letters).c_str(), root(), cur_name(base, to_letters).c_str()) ==
        0)
        return true;
    if (errno == ENOENT) return false;
    return fail_errno(errno, path_);
}

bool Folder::remove(const std::string& base, const std::string& letters) const {
    if (::unlinkat(root(), cur_name(base, letters).c_str(), 0) == 0) return true;
    for (const char* place : {"new", "cur", "tmp"}) {
        if (::unlinkat(root(), in(place, base).c_str(), 0) == 0) return true;
    }
    const auto name = search(base);
    return name && *name && ::unlinkat(root(), (*name)->c_str(), 0) == 0;
}

Result<void> Folder::sync(const char* directory) const {
    auto opened = store::open_directory_at(root(), directory, path_);
    if (!opened) return tl::unexpected(opened.error());
    return store::sync_file(opened->get(), path_);
}

Result<void> Folder::link_to_tmp(const std::string& base, const std::string& letters, const Folder& to,
                                 const std::string& to_base) const {
    const std::string target = in("tmp", to_base);
    if (::linkat(root(), cur_name(base, letters).c_str(), to.root(), target.c_str(), 0) == 0) return {};
    auto source = open_message(base, letters);
    if (!source) return tl::unexpected(source.error());
    auto info = store::stat_fd(source->get(), path_);
    if (!info) return tl::unexpected(info.error());
    // Another file system, or one that has no more links to give.
    store::Fd file(store::open_at(to.root(), target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return fail_errno(errno, to.path_, true);
    auto done =
        store::copy_range(source->get(), 0, static_cast<std::uint64_t>(info->st_size), file.get(), to.path_);
    const std::array<struct timespec, 2> times{{{0, UTIME_OMIT}, info->st_mtim}};
    if (done && ::futimens(file.get(), times.data()) != 0) done = fail_errno(errno, to.path_);
    if (done) done = store::sync_file(file.get(), to.path_);
    if (done) done = file.close(to.path_);
    if (!done) ::unlinkat(to.root(), target.c_str(), 0);
    return done;
}

}  // namespace mailpipe::index
