#include "mailpipe/queue/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <utility>

#include "mailpipe/store/directory.hpp"

namespace mailpipe::queue {
namespace {

constexpr std::size_t kFewFiles = 4;  // up to here an fsync each is cheaper than syncfs
constexpr std::time_t kStaleEmpty = 3600;

}  // namespace

Spool::Spool(std::string path, store::Fd root, store::Fd messages, store::Fd tmp)
    : path_(std::move(path)),
      root_(std::move(root)),
      messages_(std::move(messages)),
      tmp_(std::move(tmp)),
      syncfs_works_(store::honours_syncfs(messages_.get())),
      names_follow_(store::fsync_keeps_names(messages_.get())) {}

Result<std::unique_ptr<Spool>> Spool::open_directories(const std::string& path, store::Fd root) {
    auto messages = store::open_directory_at(root.get(), "messages", path + "/messages");
    if (!messages) return tl::unexpected(messages.error());
    auto tmp = store::open_directory_at(root.get(), "tmp", path + "/tmp");
    if (!tmp) return tl::unexpected(tmp.error());
    return std::unique_ptr<Spool>(new Spool(path, std::move(root), std::move(*messages), std::move(*tmp)));
}

Result<std::unique_ptr<Spool>> Spool::open(const std::string& path) {
    auto root = store::open_or_create_directory(path);
    if (!root) return tl::unexpected(root.error());
    if (::faccessat(root->get(), "messages", F_OK, 0) != 0) {
        bool is_empty = true;
        auto read = store::for_each_name(root->get(), path, [&is_empty](const char* name) {
            is_empty = is_empty && (name[0] == '.' || std::string_view(name) == "tmp");
        });
        if (!read) return tl::unexpected(read.error());
        if (!is_empty) return fail(Errc::data, path + ": is a directory with other files and not a queue");
        for (const char* name : {"tmp", "messages"}) {
            if (auto made = store::create_directory_at(root->get(), name, path); !made)
                return tl::unexpected(made.error());
        }
        if (auto synced = store::sync_file(root->get(), path); !synced) return tl::unexpected(synced.error());
    }
    return open_directories(path, std::move(*root));
}

Result<std::unique_ptr<Spool>> Spool::open_existing(const std::string& path) {
    store::Fd root(store::open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno(errno, path);
    return open_directories(path, std::move(root));
}

Result<int> Spool::bucket(const std::string& name, bool create) {
    const std::lock_guard lock(mutex_);
    if (const auto found = buckets_.find(name); found != buckets_.end()) return found->second.get();
    if (create) {
        if (auto made = store::create_directory_at(messages_.get(), name, path_); !made)
            return tl::unexpected(made.error());
        // Though it is there, who made it may not have come this far.
        auto synced = names_follow_ ? Result<void>() : store::sync_file(messages_.get(), path_);
        if (!synced) return tl::unexpected(synced.error());
    }
    auto opened = store::open_directory_at(messages_.get(), name, path_);
    if (!opened) return tl::unexpected(opened.error());
    return buckets_.emplace(name, std::move(*opened)).first->second.get();
}

Result<QueuedFile> Spool::add(const Submission& submission, std::uint32_t due, const GiveText& give) {
    std::string name;
    {
        const std::lock_guard lock(mutex_);
        name = std::to_string(::getpid()) + '.' + std::to_string(++number_);
    }
    store::Fd file(
        store::open_at(tmp_.get(), name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return fail_errno(errno, path_, true);
    auto locked = store::lock_file(file.get(), true, 0, path_);
    if (!locked) return tl::unexpected(locked.error());
    auto added = QueuedFile::write(std::move(file), path_, submission, due, give);
    if (added) {
        if (auto placed = place(*added, name); !placed) added = tl::unexpected(placed.error());
    }
    if (!added) ::unlinkat(tmp_.get(), name.c_str(), 0);
    return added;
}

Result<void> Spool::place(QueuedFile& file, const std::string& name) {
    auto info = store::stat_fd(file.fd(), path_);
    if (!info) return tl::unexpected(info.error());
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const Id id =
        make_id(file.message().submission().arrived, static_cast<std::uint32_t>(now.tv_nsec), info->st_ino);
    const std::string bucket_of = bucket_name(id);
    const std::string target = encode_name(file.message().entry(id));
    for (bool again = false;; again = true) {
        auto directory = bucket(bucket_of, true);
        if (!directory) return tl::unexpected(directory.error());
        auto moved = store::move_no_replace(tmp_.get(), name, *directory, target, path_);
        if (moved && *moved) {
            file.set_place(*directory, id);
            return {};
        }
        if (moved) return fail(Errc::io, path_ + ": a message " + encode_id(id) + " is there already");
        // clean() of another process took the empty bucket away.
        if (again || moved.error().kind != Errc::not_found) return tl::unexpected(moved.error());
        const std::lock_guard lock(mutex_);
        buckets_.erase(bucket_of);
    }
}

Result<void> Spool::sync(const std::vector<const QueuedFile*>& changed) {
    if (changed.empty()) return {};
    // Of what was removed the directory is all there is to sync.
    const auto files =
        std::count_if(changed.begin(), changed.end(), [](const QueuedFile* file) { return !file->removed(); });
    if (syncfs_works_ && static_cast<std::size_t>(files) > kFewFiles) {
        if (::syncfs(messages_.get()) != 0) return fail_errno(errno, path_);
        return {};
    }
    std::set<std::string> names;
    for (const QueuedFile* file : changed) {
        if (!file->removed()) {
            if (auto synced = store::sync_file(file->fd(), path_); !synced) return synced;
        }
        if (file->removed() || !names_follow_) names.insert(bucket_name(file->entry().id));
    }
    for (const std::string& name : names) {
        auto directory = bucket(name, false);
        if (!directory) return tl::unexpected(directory.error());
        if (auto synced = store::sync_file(*directory, path_); !synced) return synced;
    }
    return {};
}

Result<void> Spool::commit(std::vector<QueuedFile>& added) {
    std::vector<const QueuedFile*> files;
    files.reserve(added.size());
    for (const QueuedFile& file : added)
        files.push_back(&file);
    auto synced = sync(files);
    if (synced) return synced;
    // The kernel reports a failed write-back once: a second sync would succeed and mean nothing.
    for (QueuedFile& file : added)
        static_cast<void>(file.remove());
    added.clear();
    return synced;
}

Result<std::vector<std::string>> Spool::buckets() const {
    std::vector<std::string> names;
    auto read = store::for_each_name(messages_.get(), path_, [&names](const char* name) {
        if (name[0] != '.') names.emplace_back(name);
    });
    if (!read) return tl::unexpected(read.error());
    std::sort(names.begin(), names.end());
    return names;
}

Result<void> Spool::scan(const std::string& bucket, const std::function<void(const Entry&)>& use) const {
    auto directory = store::open_directory_at(messages_.get(), bucket, path_);
    if (!directory)
        return directory.error().kind == Errc::not_found ? Result<void>{} : tl::unexpected(directory.error());
    return store::for_each_name(directory->get(), path_, [&use, &bucket](const char* name) {
        const auto entry = parse_name(name);
        // What is in another bucket than its name says was put there by somebody else.
        if (entry && std::string_view(name).starts_with(bucket)) use(*entry);
    });
}

Result<void> Spool::scan(const std::function<void(const Entry&)>& use) const {
    auto names = buckets();
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
        if (auto scanned = scan(name, use); !scanned) return scanned;
    }
    return {};
}

Result<std::optional<Entry>> Spool::find(Id id) const {
    std::optional<Entry> found;
    auto scanned = scan(bucket_name(id), [&found, id](const Entry& entry) {
        if (entry.id == id) found = entry;
    });
    if (!scanned) return tl::unexpected(scanned.error());
    return found;
}

Result<std::optional<QueuedFile>> Spool::open_message(const Entry& entry, bool exclusive) {
    auto directory = bucket(bucket_name(entry.id), false);
    if (!directory) {
        if (directory.error().kind == Errc::not_found) return std::optional<QueuedFile>();
        return tl::unexpected(directory.error());
    }
    const std::string name = encode_name(entry);
    store::Fd file(store::open_at(*directory, name.c_str(),
                                  (exclusive ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT) return std::optional<QueuedFile>();
        return fail_errno(errno, path_ + '/' + name);
    }
    auto info = store::stat_fd(file.get(), path_);
    if (!info) return tl::unexpected(info.error());
    if (!S_ISREG(info->st_mode)) return fail(Errc::data, path_ + '/' + name + ": is not a regular file");
    if (exclusive) {
        auto locked = store::lock_file(file.get(), true, 0, path_);
        if (!locked) return tl::unexpected(locked.error());
        if (!*locked)
            return fail(Errc::temporary, "message " + encode_id(entry.id) + " is in use by another process");
        // Between open and lock who had it may have delivered it, or given it another name.
        if (::faccessat(*directory, name.c_str(), F_OK, 0) != 0) return std::optional<QueuedFile>();
    }
    auto loaded = QueuedFile::load(std::move(file), {*directory, path_}, entry);
    if (loaded) return std::optional<QueuedFile>(std::move(*loaded));
    if (loaded.error().kind == Errc::not_found && exclusive) return set_aside(*directory, name);
    return tl::unexpected(loaded.error());
}

Fail Spool::set_aside(int bucket, const std::string& name) {
    const std::string aside = path_ + "/damaged";
    if (auto made = store::create_directory_at(root_.get(), "damaged", aside); !made) return Fail(made.error());
    auto directory = store::open_directory_at(root_.get(), "damaged", aside);
    if (!directory) return Fail(directory.error());
    auto moved = store::move_no_replace(bucket, name, directory->get(), name, aside);
    if (!moved) return Fail(moved.error());
    return fail(Errc::data, aside + '/' + name +
                                ": the message was not written whole, so it was never accepted, or the " +
                                "disk has lost some of it; send it again if you know it, and remove the file");
}

Result<std::optional<QueuedFile>> Spool::lock(const Entry& entry) {
    return open_message(entry, true);
}

Result<std::optional<QueuedFile>> Spool::look_at(const Entry& entry) {
    return open_message(entry, false);
}

Result<void> Spool::clean_tmp() {
    std::vector<std::string> names;
    auto read = store::for_each_name(tmp_.get(), path_, [&names](const char* name) {
        if (name[0] != '.') names.emplace_back(name);
    });
    if (!read) return read;
    for (const std::string& name : names) {
        const store::Fd file(
            store::open_at(tmp_.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file) continue;
        // Whoever still writes it has it locked, but for the moment between making and locking it.
        auto locked = store::lock_file(file.get(), true, 0, path_);
        auto info = store::stat_fd(file.get(), path_);
        const bool is_begun = info && info->st_size == 0 && std::time(nullptr) - info->st_mtime < kStaleEmpty;
        if (locked && *locked && info && !is_begun) ::unlinkat(tmp_.get(), name.c_str(), 0);
    }
    return {};
}

Result<void> Spool::clean() {
    if (auto cleaned = clean_tmp(); !cleaned) return cleaned;
    auto names = buckets();
    if (!names) return tl::unexpected(names.error());
    // Fails where a message is in it, and that is meant.
    for (const std::string& name : *names) {
        const std::lock_guard lock(mutex_);
        if (::unlinkat(messages_.get(), name.c_str(), AT_REMOVEDIR) == 0) buckets_.erase(name);
    }
    return {};
}

}  // namespace mailpipe::queue
