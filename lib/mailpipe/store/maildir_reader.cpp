#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>

#include "mailpipe/store/crlf_size.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir.hpp"
#include "mailpipe/store/maildir_index.hpp"
#include "mailpipe/store/maildir_name.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 32 * 1024;  // maps to at most 64 KiB of CRLF text
// Holds the header of most messages, which is all that a listing reads.
constexpr std::size_t kFirstPiece = 4096;

class FileReader : public MessageReader {
 public:
    FileReader(Fd fd, std::shared_ptr<const std::string> what) : fd_(std::move(fd)), what_(std::move(what)) {}

    Result<std::string_view> read() override {
        std::size_t taken = std::string_view::npos;
        if (offset_ == 0) {
            if (auto filled = fill(kFirstPiece); !filled) return tl::unexpected(filled.error());
            // Whoever wants no more than the header is not made to wait for the rest.
            const std::size_t header_end = rest_.find("\n\n");
            if (header_end != std::string_view::npos) taken = header_end + 2;
        } else if (rest_.empty()) {
            if (auto filled = fill(kPiece); !filled) return tl::unexpected(filled.error());
        }
        const std::string_view disk_text = rest_.substr(0, taken);
        rest_.remove_prefix(disk_text.size());
        text_.clear();
        mapper_.append(disk_text, text_);
        return std::string_view(text_);
    }
    std::optional<std::time_t> received_at() const override {
        const auto info = stat_fd(fd_.get(), *what_);
        return info ? std::optional(info->st_mtime) : std::nullopt;
    }

 private:
    Result<void> fill(std::size_t size) {
        if (size > size_) piece_ = std::make_unique_for_overwrite<char[]>(size);
        size_ = size;
        const auto count = read_some_at(fd_.get(), piece_.get(), size, offset_, *what_);
        if (!count) return tl::unexpected(count.error());
        offset_ += *count;
        rest_ = std::string_view(piece_.get(), *count);
        return {};
    }

    Fd fd_;
    std::shared_ptr<const std::string> what_;
    std::uint64_t offset_ = 0;
    std::unique_ptr<char[]> piece_;
    std::size_t size_ = 0;
    std::string_view rest_;  // of piece_, not handed out yet
    std::string text_;
    wire::LfToCrlf mapper_;
};

class MaildirReader : public MailboxReader {
 public:
    MaildirReader(std::string path, Fd new_dir, Fd cur_dir)
        : shared_path_(std::make_shared<const std::string>(std::move(path))),
          directories_{std::move(new_dir), std::move(cur_dir)} {}

    Result<Entries> list() override {
        auto index = scan();
        if (!index) return tl::unexpected(index.error());
        return Entries(*index);
    }

    Result<std::unique_ptr<MessageReader>> open(const std::string& id) override {
        auto fd = open_file(id);
        if (!fd) return tl::unexpected(fd.error());
        return std::make_unique<FileReader>(std::move(*fd), shared_path_);
    }

    Result<std::uint64_t> size(const Entry& entry) override {
        if (entry.size) return *entry.size;
        const auto fd = open_file(entry.id);
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
        const auto done =
            for_each_file(ids, [&](std::size_t index, const std::string& id, const MaildirFile& file) {
                return set_flags_of(id, file, change, entries[index]);
            });
        const auto synced = sync(directories_, path_);
        if (!done) return tl::unexpected(done.error());
        if (!synced) return tl::unexpected(synced.error());
        return entries;
    }

    Result<void> remove(const std::vector<std::string>& ids) override {
        auto done = for_each_file(
            ids, [this](std::size_t, const std::string& id, const MaildirFile& file) -> Result<bool> {
                if (::unlinkat(directories_[file.place].get(), file.name.c_str(), 0) != 0)
                    return not_there_or(errno, id);
                return true;
            });
        auto synced = sync(directories_, path_);
        return done ? synced : done;
    }

    Result<std::optional<std::vector<std::string>>> move_to(const std::string& path,
                                                            const std::vector<std::string>& ids) override;

 private:
    // false: the file has another name by now, or is gone.
    using Act = std::function<Result<bool>(std::size_t index, const std::string& id, const MaildirFile& file)>;
    using Index = std::shared_ptr<const MaildirIndex>;

    // With one fresh look for all whose name has changed, so that many lost messages do not cost a scan each.
    Result<void> for_each_file(const std::vector<std::string>& ids, const Act& act) {
        std::vector<std::size_t> left(ids.size());
        std::iota(left.begin(), left.end(), std::size_t{0});
        Index index;
        for (int look = 0; look < 2 && !left.empty(); ++look) {
            auto other = other_than(index);
            if (!other) return tl::unexpected(other.error());
            index = std::move(*other);
            std::vector<std::size_t> missed;
            for (const std::size_t i : left) {
                const auto found = index->find(ids[i]);
                Result<bool> done = false;
                if (found) done = act(i, ids[i], index->file(*found));
                if (!done) return tl::unexpected(done.error());
                if (!*done) missed.push_back(i);
            }
            left = std::move(missed);
        }
        return {};
    }

    // cur/ first: what a flag moved there must not be gone from both after a crash.
    static Result<void> sync(const std::array<Fd, 2>& directories, const std::string& path) {
        for (const MaildirPlace place : {kCur, kNew}) {
            if (auto synced = sync_file(directories[place].get(), path); !synced) return synced;
        }
        return {};
    }

    Result<bool> not_there_or(int error, const std::string& id) const {
        if (error == ENOENT) return false;
        return fail_errno(error, path_ + ": message " + id);
    }

    Result<bool> set_flags_of(const std::string& id, const MaildirFile& file, const FlagChange& change,
                              std::optional<Entry>& entry) {
        const std::string name = with_flags(file.name, change);
        // A message that stays without flags stays in new/ as well.
        const bool stays = parse_flags(name) == parse_flags(file.name);
        struct stat info {};
        if (::fstatat(directories_[file.place].get(), file.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return not_there_or(errno, id);
        if (!stays && ::renameat(directories_[file.place].get(), file.name.c_str(), directories_[kCur].get(),
                                 name.c_str()) != 0) {
            return not_there_or(errno, id);
        }
        entry = Entry{id, parse_flags(name), crlf_size_of(id), info.st_mtime};
        return true;
    }

    Result<Index> scan() {
        auto index = MaildirIndex::scan(directories_, path_);
        if (!index) return index;
        const std::lock_guard lock(mutex_);
        index_ = *index;
        return index;
    }

    // The names as last looked at, or as they are now when those are `index`, which did not do.
    Result<Index> other_than(const Index& index) {
        const std::unique_lock lock(mutex_);
        if (index_ == index) {
            // Under the lock: threads that miss many messages look once together.
            auto scanned = MaildirIndex::scan(directories_, path_);
            if (!scanned) return scanned;
            index_ = *scanned;
        }
        return index_;
    }

    // The index has regular files only. What takes the place of one is no symbolic link, and blocks nobody.
    Result<Fd> open_file(const std::string& id) {
        Index index;
        for (int look = 0; look < 2; ++look) {
            auto other = other_than(index);
            if (!other) return tl::unexpected(other.error());
            index = std::move(*other);
            const auto found = index->find(id);
            if (!found) continue;
            const auto [place, name] = index->file(*found);
            Fd fd(open_at(directories_[place].get(), name.c_str(),
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            if (fd) return fd;
            if (errno != ENOENT) return fail_errno(errno, path_ + ": message " + id);
        }
        return fail(Errc::not_found, path_ + ": no message " + id);
    }

    const std::shared_ptr<const std::string> shared_path_;
    const std::string& path_ = *shared_path_;
    std::array<Fd, 2> directories_;
    std::mutex mutex_;
    Index index_;  // by the last look; null before
};

Result<std::optional<std::vector<std::string>>> MaildirReader::move_to(const std::string& path,
                                                                       const std::vector<std::string>& ids) {
    // Makes what is missing, and checks that it is a Maildir.
    if (const auto writer = open_maildir_writer(path); !writer) return tl::unexpected(writer.error());
    std::array<Fd, 2> targets;
    for (const MaildirPlace place : {kNew, kCur}) {
        const std::string what = path + (place == kNew ? "/new" : "/cur");
        targets[place] = Fd(open_at(AT_FDCWD, what.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!targets[place]) return fail_errno(errno, what);
        const auto here = stat_fd(directories_[place].get(), path_);
        const auto there = stat_fd(targets[place].get(), what);
        if (!here) return tl::unexpected(here.error());
        if (!there) return tl::unexpected(there.error());
        if (here->st_dev != there->st_dev) return std::optional<std::vector<std::string>>{};
    }
    std::vector<std::string> moved(ids.size());
    const auto move = [&](std::size_t index, const std::string& id, const MaildirFile& file) -> Result<bool> {
        const auto done = move_no_replace(directories_[file.place].get(), file.name, targets[file.place].get(),
                                          file.name, path_ + ": message " + id);
        if (!done && done.error().kind == Errc::not_found) return false;
        if (!done) return tl::unexpected(done.error());
        if (!*done) return fail(Errc::io, path + ": a message named " + file.name + " is there already");
        moved[index] = id;
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
    Fd root(open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno(errno, path);
    auto new_dir = open_directory_at(root.get(), "new", path + "/new");
    if (!new_dir) return tl::unexpected(new_dir.error());
    auto cur_dir = open_directory_at(root.get(), "cur", path + "/cur");
    if (!cur_dir) return tl::unexpected(cur_dir.error());
    return std::make_unique<MaildirReader>(path, std::move(*new_dir), std::move(*cur_dir));
}

}  // namespace mailpipe::store
