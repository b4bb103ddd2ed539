#include "mailpipe/store/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/journal_line.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kGlance = 4096;             // octets of each end
constexpr std::size_t kLongestRecord = 1U << 20;  // no line that is longer is ours

// Writes records in pieces; after the first error no more.
class RecordWriter {
 public:
    RecordWriter(int fd, const std::string& path) : fd_(fd), path_(path) {}

    // The octets written.
    Result<std::uint64_t> write(const Journal::Produce& produce) {
        if (auto produced = produce([this](std::string_view record) { add(record); }); !produced)
            return tl::unexpected(produced.error());
        flush();
        if (!done_) return tl::unexpected(done_.error());
        return size_;
    }

 private:
    void add(std::string_view record) {
        if (!done_) return;
        if (record.find_first_of("\r\n") != std::string_view::npos || record.size() > kLongestRecord) {
            done_ = fail(Errc::usage, "a journal record is one line of at most 1 MiB");
            return;
        }
        encode_journal_line(record, text_);
        if (text_.size() >= kPiece) flush();
    }
    void flush() {
        if (!done_ || text_.empty()) return;
        done_ = write_fully(fd_, text_, path_);
        size_ += text_.size();
        text_.clear();
    }

    int fd_;
    const std::string& path_;
    std::string text_;
    std::uint64_t size_ = 0;
    Result<void> done_;
};

// The octets of the lines at the beginning of `text` that are whole and valid, and whether what follows may
// still become one.
std::pair<std::size_t, bool> use_lines(std::string_view text, const Journal::Use& use) {
    std::size_t valid = 0;
    while (true) {
        const std::size_t end = text.find('\n', valid);
        if (end == std::string_view::npos) return {valid, text.size() - valid <= 2 * kLongestRecord};
        const auto record = parse_journal_line(text.substr(valid, end - valid));
        if (!record) return {valid, false};
        use(*record);
        valid = end + 1;
    }
}

struct Valid {
    std::uint64_t size = 0;  // octets of whole lines
    bool torn = false;       // something follows them
};
Result<Valid> read_records(int fd, const Journal::Use& use, const std::string& path) {
    std::uint64_t size = 0;
    std::string text;  // from `size` on
    std::array<char, kPiece> piece{};
    while (true) {
        auto count = read_at(fd, piece.data(), piece.size(), size + text.size(), path);
        if (!count) return tl::unexpected(count.error());
        text.append(piece.data(), *count);
        const auto valid = use_lines(text, use);
        size += valid.first;
        text.erase(0, valid.first);
        if (*count == 0 || !valid.second) return Valid{size, !text.empty()};
    }
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}
// Of a text that ends with a line end.
std::string_view last_line(std::string_view text) {
    text.remove_suffix(1);
    return text.substr(text.rfind('\n') + 1);
}

// Whether the ends of a file of `size` octets are valid records, short ones, and enough for `glance`.
Result<bool> glance_at(int fd, std::uint64_t size, const Journal::Glance& glance, const std::string& path) {
    std::array<char, kGlance> ends{};
    auto count = read_at(fd, ends.data(), ends.size(), 0, path);
    if (!count) return tl::unexpected(count.error());
    const std::string first(first_line(std::string_view(ends.data(), *count)));
    count = read_at(fd, ends.data(), ends.size(), size - std::min<std::uint64_t>(size, kGlance), path);
    if (!count) return tl::unexpected(count.error());
    const std::string_view tail(ends.data(), *count);
    if (!tail.ends_with('\n')) return false;
    const auto begin = parse_journal_line(first);
    const auto end = parse_journal_line(last_line(tail));
    return begin && end && glance(*begin, *end);
}

class FileJournal : public Journal {
 public:
    FileJournal(Fd directory, Fd file, std::string name, std::string path)
        : directory_(std::move(directory)),
          file_(std::move(file)),
          name_(std::move(name)),
          path_(std::move(path)) {}

    Result<void> load(const Use& use, const Glance& glance) {
        if (glance) {
            struct stat info {};
            if (::fstat(file_.get(), &info) != 0) return fail_errno(errno, path_);
            size_ = static_cast<std::uint64_t>(info.st_size);
            auto enough = glance_at(file_.get(), size_, glance, path_);
            if (!enough) return tl::unexpected(enough.error());
            if (*enough) return {};
        }
        auto valid = read_records(file_.get(), use, path_);
        if (!valid) return tl::unexpected(valid.error());
        size_ = valid->size;
        if (valid->torn && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
            return fail_errno(errno, path_);
        return {};
    }

    Result<void> read(const Use& use) const override {
        if (auto valid = read_records(file_.get(), use, path_); !valid) return tl::unexpected(valid.error());
        return {};
    }

    Result<void> append(const Produce& produce) override {
        if (broken_) return fail(Errc::io, path_ + ": an earlier write failed");
        auto written = RecordWriter(file_.get(), path_).write(produce);
        if (!written) {
            // A torn record would hide all that follow it.
            broken_ = ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0;
            return tl::unexpected(written.error());
        }
        size_ += *written;
        return {};
    }

    Result<void> sync() override {
        if (broken_) return fail(Errc::io, path_ + ": an earlier write failed");
        auto synced = sync_file(file_.get(), path_);
        broken_ = !synced;  // the kernel reports a failed write-back once
        return synced;
    }

    Result<void> replace(const Produce& produce) override {
        const std::string temporary = name_ + ".tmp";
        Fd file(open_at(directory_.get(), temporary.c_str(),
                        O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) return fail_errno(errno, path_, true);
        auto written = RecordWriter(file.get(), path_).write(produce);
        Result<void> done;
        if (!written) done = tl::unexpected(written.error());
        if (done) done = sync_file(file.get(), path_);
        // Locked before anyone can open it under the name of the journal.
        if (done) {
            auto locked = lock_file(file.get(), true, 0, path_);
            if (!locked) done = tl::unexpected(locked.error());
        }
        if (done && ::renameat(directory_.get(), temporary.c_str(), directory_.get(), name_.c_str()) != 0) {
            done = fail_errno(errno, path_);
        }
        if (!done) {
            ::unlinkat(directory_.get(), temporary.c_str(), 0);
            return done;
        }
        file_ = std::move(file);
        size_ = *written;
        broken_ = false;
        return sync_file(directory_.get(), path_);
    }

 private:
    Fd directory_;
    Fd file_;
    std::string name_;
    std::string path_;
    std::uint64_t size_ = 0;
    bool broken_ = false;
};

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, const Use& use,
                                               std::chrono::milliseconds wait, const Glance& glance) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    const auto [parent, name] = split_path(path);
    auto directory = open_or_create_directory(parent);
    if (!directory) return tl::unexpected(directory.error());
    while (true) {
        Fd file(open_at(directory->get(), name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                        0600));
        if (!file) return fail_errno(errno, path, true);
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        auto locked = lock_file(file.get(), true, std::max(0, static_cast<int>(left.count())), path);
        if (!locked) return tl::unexpected(locked.error());
        if (!*locked)
            return fail(Errc::temporary,
                        path + ": is in use by another mail-fetch; try again when it has ended");
        struct stat mine {};
        struct stat now {};
        // replace() of the process that had the lock put another file here.
        if (::fstat(file.get(), &mine) != 0) return fail_errno(errno, path);
        if (::fstatat(directory->get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 ||
            now.st_ino != mine.st_ino) {
            continue;
        }
        if (auto synced = sync_file(directory->get(), path); !synced) return tl::unexpected(synced.error());
        auto journal = std::make_unique<FileJournal>(std::move(*directory), std::move(file), name, path);
        if (auto loaded = journal->load(use, glance); !loaded) return tl::unexpected(loaded.error());
        return journal;
    }
}

Result<void> Journal::read_file(const std::string& path, const Use& use) {
    const auto [parent, name] = split_path(path);
    const Fd directory(open_at(AT_FDCWD, parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return fail_errno(errno, parent);
    auto file = open_regular_at(directory.get(), name, path);
    if (!file) return tl::unexpected(file.error());
    if (auto read = read_records(file->get(), use, path); !read) return tl::unexpected(read.error());
    return {};
}

}  // namespace mailpipe::store
