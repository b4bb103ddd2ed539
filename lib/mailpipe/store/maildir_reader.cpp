#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
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
// What is read first, for the header, which is all that a listing wants of most messages: by the headers before it.
constexpr std::size_t kLeastFirst = 1024;
constexpr std::size_t kMostFirst = 8192;

class FileReader : public MessageReader {
 public:
    FileReader(Fd fd, std::shared_ptr<const MaildirIndex> index, std::shared_ptr<const std::string> what)
        : index_(std::move(index)), fd_(std::move(fd)), what_(std::move(what)) {}

    // Where the file was found.
    const MaildirIndex& index() const { return *index_; }
    // Reads another file of the same Maildir instead.
    void restart(Fd fd) {
        fd_ = std::move(fd);
        length_.reset();
        is_at_end_ = false;
        wants_all_ = std::exchange(is_read_on_, false);
        offset_ = 0;
        rest_ = {};
        is_header_ = false;
        mapper_ = {};
    }

    Result<std::string_view> read() override {
        text_.clear();
        is_header_ = false;
        if (offset_ == 0) {
            // Whoever wants no more than the header is not made to wait for the rest.
            const auto header = read_header();
            if (!header || is_header_) return header;
        } else {
            is_read_on_ = true;
            const bool is_more_there = rest_.empty() && !is_at_end_;
            if (auto filled = is_more_there ? fill(kPiece) : Result<void>(); !filled)
                return tl::unexpected(filled.error());
        }
        mapper_.append(std::exchange(rest_, {}), text_);
        return std::string_view(text_);
    }
    bool is_header() const override { return is_header_; }
    std::optional<std::time_t> received_at() const override {
        const auto info = stat_fd(fd_.get(), *what_);
        if (!info) return std::nullopt;
        length_ = static_cast<std::uint64_t>(info->st_size);
        return info->st_mtime;
    }

 private:
    // Sets is_header_; when the header is longer than kMostFirst nothing is taken. To copy what is not looked at is a tenth
    // of the time of a listing, and to read twice is more.
    Result<std::string_view> read_header() {
        const std::size_t first = wants_all_ ? kMostFirst : first_size_;
        if (auto filled = fill(first); !filled) return tl::unexpected(filled.error());
        std::string_view header = take_header();
        if (header.empty() && rest_.size() == first && first < kMostFirst) {
            if (auto filled = fill(kMostFirst - first, first); !filled) return tl::unexpected(filled.error());
            header = take_header();
        }
        is_header_ = !header.empty();
        const std::size_t wanted = is_header_ ? 2 * header.size() : kMostFirst;
        first_size_ = std::clamp((3 * first_size_ + wanted) / 4, kLeastFirst, kMostFirst);
        return header;
    }

    // Line by line, which finds the empty one on the way, and into memory that has room for line ends only: this is done
    // for every message of a listing. "": the empty line is not there, and nothing is taken.
    std::string_view take_header() {
        if (!header_) header_ = std::make_unique_for_overwrite<char[]>(2 * kMostFirst);
        char* to = header_.get();
        for (std::size_t at = 0;;) {
            const std::size_t end = rest_.find('\n', at);
            if (end == std::string_view::npos) return {};
            std::string_view line = rest_.substr(at, end - at);
            if (line.ends_with('\r')) line.remove_suffix(1);
            to = std::copy(line.begin(), line.end(), to);
            *to++ = '\r';
            *to++ = '\n';
            at = end + 1;
            if (!line.empty()) continue;
            rest_.remove_prefix(at);
            return {header_.get(), static_cast<std::size_t>(to - header_.get())};
        }
    }

    // Behind the first `kept` octets of the piece before.
    Result<void> fill(std::size_t size, std::size_t kept = 0) {
        if (size + kept > size_) {
            size_ = std::max(size + kept, kMostFirst);
            piece_ = std::make_unique_for_overwrite<char[]>(size_);
        }
        const auto count = read_some_at(fd_.get(), piece_.get() + kept, size, offset_, *what_);
        if (!count) return tl::unexpected(count.error());
        offset_ += *count;
        // Either alone may be wrong, on a network's file system; together they save a read that finds nothing.
        is_at_end_ = *count < size && length_ == offset_;
        rest_ = std::string_view(piece_.get(), kept + *count);
        return {};
    }

    std::shared_ptr<const MaildirIndex> index_;
    Fd fd_;
    std::shared_ptr<const std::string> what_;
    std::uint64_t offset_ = 0;
    mutable std::optional<std::uint64_t> length_;  // where it was asked for
    bool is_at_end_ = false;
    bool is_read_on_ = false;  // behind what came first
    bool wants_all_ = false;   // as of the message before
    std::unique_ptr<char[]> piece_;
    std::size_t size_ = 0;
    std::string_view rest_;  // of piece_, not handed out yet
    std::size_t first_size_ = kMostFirst / 2;
    std::unique_ptr<char[]> header_;
    std::string text_;
    bool is_header_ = false;
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
        Index index;
        auto fd = open_file(id, index);
        if (!fd) return tl::unexpected(fd.error());
        return std::make_unique<FileReader>(std::move(*fd), std::move(index), shared_path_);
    }

    Result<std::unique_ptr<MessageReader>> open_entry(const Entry& entry,
                                                      std::unique_ptr<MessageReader> spent) override {
        // Threads that open message after message do not meet at the lock, nor at the count of who shares the index.
        auto* reader = dynamic_cast<FileReader*>(spent.get());
        if (reader != nullptr && entry.row < reader->index().size() &&
            base_of(reader->index().name(entry.row)) == entry.id) {
            if (Fd fd = open_row(reader->index(), entry.row)) {
                reader->restart(std::move(fd));
                return spent;
            }
            // Whatever is wrong, it is looked at once more.
        }
        return open(entry.id);
    }

    Result<std::uint64_t> size(const Entry& entry) override {
        if (entry.size) return *entry.size;
        Index index;
        const auto fd = open_file(entry.id, index);
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
    Fd open_row(const MaildirIndex& index, std::size_t row) const {
        return Fd(open_at(directories_[index.place(row)].get(), index.name(row).data(),
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    }

    // `index` is set to where it was found.
    Result<Fd> open_file(const std::string& id, Index& index) {
        for (int look = 0; look < 2; ++look) {
            auto other = other_than(index);
            if (!other) return tl::unexpected(other.error());
            index = std::move(*other);
            const auto found = index->find(id);
            if (!found) continue;
            Fd fd = open_row(*index, *found);
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
