#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "mailpipe/store/crlf_size.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir.hpp"
#include "mailpipe/store/maildir_name.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 32 * 1024;  // maps to at most 64 KiB of CRLF text
// The header of most messages, which is all that a listing reads: with 32 KiB it would copy most bodies as well.
constexpr std::size_t kFirstPiece = 4096;

class FileReader : public MessageReader {
 public:
    FileReader(Fd fd, std::string what) : fd_(std::move(fd)), what_(std::move(what)) {}

    Result<std::string_view> read() override {
        piece_.resize(offset_ == 0 ? kFirstPiece : kPiece);
        auto count = read_some_at(fd_.get(), piece_.data(), piece_.size(), offset_, what_);
        if (!count) return tl::unexpected(count.error());
        offset_ += *count;
        text_.clear();
        mapper_.append(std::string_view(piece_).substr(0, *count), text_);
        return std::string_view(text_);
    }

 private:
    Fd fd_;
    std::string what_;
    std::uint64_t offset_ = 0;
    std::string piece_;
    std::string text_;
    wire::LfToCrlf mapper_;
};

enum Place : std::size_t { kNew = 0, kCur = 1 };

struct Found {
    Place place;
    std::string name;
};

class MaildirReader : public MailboxReader {
 public:
    MaildirReader(std::string path, Fd new_dir, Fd cur_dir)
        : path_(std::move(path)), directories_{std::move(new_dir), std::move(cur_dir)} {}

    Result<std::vector<Entry>> list() override {
        if (auto scanned = scan(); !scanned) return tl::unexpected(scanned.error());
        std::vector<Entry> entries;
        entries.reserve(files_.size());
        for (const auto& [id, found] : files_) {
            struct stat info {};
            if (::fstatat(directories_[found.place].get(), found.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) ==
                0) {
                if (!S_ISREG(info.st_mode)) continue;
            } else if (errno == ENOENT) {
                continue;  // removed, or renamed by a flag change: open() finds it
            } else {
                return fail_errno(errno, path_);
            }
            entries.push_back({id, parse_flags(found.name), crlf_size_of(id), info.st_mtime});
        }
        std::sort(entries.begin(), entries.end(),
                  [](const Entry& a, const Entry& b) { return arrival_key(a.id) < arrival_key(b.id); });
        return entries;
    }

    Result<std::unique_ptr<MessageReader>> open(const std::string& id) override {
        auto fd = open_file(id);
        if (!fd) return tl::unexpected(fd.error());
        return std::make_unique<FileReader>(std::move(*fd), path_);
    }

    Result<std::uint64_t> size(const Entry& entry) override {
        if (entry.size) return *entry.size;
        auto fd = open_file(entry.id);
        if (!fd) return tl::unexpected(fd.error());
        CrlfSize size;
        std::string piece(kPiece, '\0');
        while (true) {
            auto count = read_at(fd->get(), piece.data(), piece.size(), size.disk_size(), path_);
            if (!count) return tl::unexpected(count.error());
            if (*count == 0) return size.crlf_size();
            size.append(std::string_view(piece).substr(0, *count));
        }
    }

    Result<void> check_keywords(const Keywords& keywords) const override {
        for (const std::string& keyword : keywords) {
            if (has_flag_letter(keyword)) continue;
            return fail(Errc::unsupported,
                        path_ + ": a Maildir cannot keep the flag \"" + keyword +
                            "\"; it has $seen, $answered, $flagged, $draft, $deleted and $forwarded");
        }
        return {};
    }

    Result<std::vector<std::optional<Entry>>> set_flags(const std::vector<std::string>& ids,
                                                        const FlagChange& change) override {
        if (auto checked = check_keywords(change.add); !checked) return tl::unexpected(checked.error());
        std::vector<std::optional<Entry>> entries(ids.size());
        const auto done = for_each_file(ids, [&](std::size_t index, const std::string& id, Found& found) {
            return set_flags_of(id, found, change, entries[index]);
        });
        const auto synced = sync(directories_, path_);
        if (!done) return tl::unexpected(done.error());
        if (!synced) return tl::unexpected(synced.error());
        return entries;
    }

    Result<void> remove(const std::vector<std::string>& ids) override {
        auto done =
            for_each_file(ids, [this](std::size_t, const std::string& id, Found& found) -> Result<bool> {
                if (::unlinkat(directories_[found.place].get(), found.name.c_str(), 0) != 0)
                    return not_there_or(errno, id);
                files_.erase(id);
                return true;
            });
        auto synced = sync(directories_, path_);
        return done ? synced : done;
    }

    Result<std::optional<std::vector<std::string>>> move_to(const std::string& path,
                                                            const std::vector<std::string>& ids) override;

 private:
    // false: the file has another name by now, or is gone.
    using Act = std::function<Result<bool>(std::size_t index, const std::string& id, Found& found)>;

    // With one fresh look for all whose name has changed, so that many lost messages do not cost a scan each.
    Result<void> for_each_file(const std::vector<std::string>& ids, const Act& act) {
        std::vector<std::size_t> left(ids.size());
        std::iota(left.begin(), left.end(), std::size_t{0});
        for (const bool fresh : {false, true}) {
            if (left.empty()) break;
            if (fresh) {
                if (auto scanned = scan(); !scanned) return scanned;
            }
            std::vector<std::size_t> missed;
            for (const std::size_t index : left) {
                const auto at = files_.find(ids[index]);
                Result<bool> done = false;
                if (at != files_.end()) done = act(index, ids[index], at->second);
                if (!done) return tl::unexpected(done.error());
                if (!*done) missed.push_back(index);
            }
            left = std::move(missed);
        }
        return {};
    }

    // cur/ first: what a flag moved there must not be gone from both after a crash.
    static Result<void> sync(const std::array<Fd, 2>& directories, const std::string& path) {
        for (const Place place : {kCur, kNew}) {
            if (auto synced = sync_file(directories[place].get(), path); !synced) return synced;
        }
        return {};
    }

    Result<bool> not_there_or(int error, const std::string& id) const {
        if (error == ENOENT) return false;
        return fail_errno(error, path_ + ": message " + id);
    }

    Result<bool> set_flags_of(const std::string& id, Found& found, const FlagChange& change,
                              std::optional<Entry>& entry) {
        const std::string name = with_flags(found.name, change);
        // A message that stays without flags stays in new/ as well.
        const bool stays = parse_flags(name) == parse_flags(found.name);
        struct stat info {};
        if (::fstatat(directories_[found.place].get(), found.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return not_there_or(errno, id);
        if (!stays) {
            if (::renameat(directories_[found.place].get(), found.name.c_str(), directories_[kCur].get(),
                           name.c_str()) != 0) {
                return not_there_or(errno, id);
            }
            found = {kCur, name};
        }
        entry = Entry{id, parse_flags(found.name), crlf_size_of(id), info.st_mtime};
        return true;
    }

    Result<void> scan() {
        files_.clear();
        // new/ first: what moves to cur/ meanwhile is met twice rather than never, and cur/ wins.
        for (const Place place : {kNew, kCur}) {
            if (auto scanned = scan_directory(place); !scanned) return scanned;
        }
        return {};
    }

    Result<void> scan_directory(Place place) {
        const int fd = ::openat(directories_[place].get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return fail_errno(errno, path_);
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
        if (!stream) {
            ::close(fd);
            return fail_errno(errno, path_);
        }
        while (true) {
            errno = 0;
            const struct dirent* entry = ::readdir(stream.get());
            if (entry == nullptr) break;
            const std::string_view name = entry->d_name;
            if (!is_plain_name(name)) continue;
            std::string id(base_of(name));
            if (id.empty()) continue;
            files_.insert_or_assign(std::move(id), Found{place, std::string(name)});
        }
        if (errno != 0) return fail_errno(errno, path_);
        return {};
    }

    Result<Fd> open_file(const std::string& id) {
        for (const bool fresh : {false, true}) {
            if (fresh) {
                if (auto scanned = scan(); !scanned) return tl::unexpected(scanned.error());
            }
            const auto at = files_.find(id);
            if (at == files_.end()) continue;
            auto fd = open_regular_at(directories_[at->second.place].get(), at->second.name,
                                      path_ + ": message " + id);
            if (fd || fd.error().kind != Errc::not_found) return fd;
        }
        return fail(Errc::not_found, path_ + ": no message " + id);
    }

    std::string path_;
    std::array<Fd, 2> directories_;
    std::unordered_map<std::string, Found> files_;  // by id
};

Result<std::optional<std::vector<std::string>>> MaildirReader::move_to(const std::string& path,
                                                                       const std::vector<std::string>& ids) {
    // Makes what is missing, and checks that it is a Maildir.
    if (const auto writer = open_maildir_writer(path); !writer) return tl::unexpected(writer.error());
    std::array<Fd, 2> targets;
    for (const Place place : {kNew, kCur}) {
        const std::string what = path + (place == kNew ? "/new" : "/cur");
        targets[place] = Fd(::open(what.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!targets[place]) return fail_errno(errno, what);
        const auto here = stat_fd(directories_[place].get(), path_);
        const auto there = stat_fd(targets[place].get(), what);
        if (!here) return tl::unexpected(here.error());
        if (!there) return tl::unexpected(there.error());
        if (here->st_dev != there->st_dev) return std::optional<std::vector<std::string>>{};
    }
    std::vector<std::string> moved(ids.size());
    const auto move = [&](std::size_t index, const std::string& id, Found& found) -> Result<bool> {
        const auto done = move_no_replace(directories_[found.place].get(), found.name,
                                          targets[found.place].get(), found.name, path_ + ": message " + id);
        if (!done && done.error().kind == Errc::not_found) return false;
        if (!done) return tl::unexpected(done.error());
        if (!*done) return fail(Errc::io, path + ": a message named " + found.name + " is there already");
        moved[index] = id;
        files_.erase(id);
        return true;
    };
    auto done = for_each_file(ids, move);
    // In this order, so that after a crash no message is gone from both.
    auto synced = sync(targets, path);
    if (synced) synced = sync(directories_, path_);
    if (!done) return tl::unexpected(done.error());
    if (!synced) return tl::unexpected(synced.error());
    return std::optional(std::move(moved));
}

}  // namespace

Result<std::unique_ptr<MailboxReader>> open_maildir_reader(const std::string& path) {
    Fd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno(errno, path);
    auto new_dir = open_directory_at(root.get(), "new", path + "/new");
    if (!new_dir) return tl::unexpected(new_dir.error());
    auto cur_dir = open_directory_at(root.get(), "cur", path + "/cur");
    if (!cur_dir) return tl::unexpected(cur_dir.error());
    return std::make_unique<MaildirReader>(path, std::move(*new_dir), std::move(*cur_dir));
}

}  // namespace mailpipe::store
