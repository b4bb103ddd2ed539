#include "mailpipe/store/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kCrcDigits = 8;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
        table[i] = value;
    }
    return table;
}

std::string crc32_hex(std::string_view octets) {
    constexpr auto kTable = make_crc_table();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : octets)
        crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (crc >> 8U);
    crc ^= 0xFFFFFFFFU;
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text(kCrcDigits, '0');
    for (std::size_t i = 0; i < kCrcDigits; ++i)
        text[i] = kHex[(crc >> (28U - 4U * i)) & 0xFU];
    return text;
}

std::string encode_line(const std::string& record) {
    return crc32_hex(record) + " " + record + "\n";
}

// The records of the longest valid beginning; `valid` becomes its length.
std::vector<std::string> parse(std::string_view text, std::size_t& valid) {
    std::vector<std::string> records;
    valid = 0;
    while (true) {
        const std::size_t end = text.find('\n', valid);
        if (end == std::string_view::npos) return records;
        const std::string_view line = text.substr(valid, end - valid);
        if (line.size() <= kCrcDigits || line[kCrcDigits] != ' ') return records;
        const std::string_view record = line.substr(kCrcDigits + 1);
        if (crc32_hex(record) != line.substr(0, kCrcDigits)) return records;
        records.emplace_back(record);
        valid = end + 1;
    }
}

Result<void> check_lines(const std::vector<std::string>& records) {
    for (const auto& record : records) {
        if (record.find_first_of("\r\n") != std::string::npos)
            return fail(Errc::usage, "a journal record is one line");
    }
    return {};
}

class FileJournal : public Journal {
 public:
    FileJournal(Fd directory, Fd file, std::string name, std::string path)
        : directory_(std::move(directory)),
          file_(std::move(file)),
          name_(std::move(name)),
          path_(std::move(path)) {}

    Result<void> load() {
        auto info = stat_fd(file_.get(), path_);
        if (!info) return tl::unexpected(info.error());
        auto text = read_range(file_.get(), 0, static_cast<std::uint64_t>(info->st_size), path_);
        if (!text) return tl::unexpected(text.error());
        std::size_t valid = 0;
        records_ = parse(*text, valid);
        size_ = valid;
        if (valid != text->size() && ::ftruncate(file_.get(), static_cast<off_t>(valid)) != 0) {
            return fail_errno(errno, path_);
        }
        return {};
    }

    const std::vector<std::string>& records() const override { return records_; }

    Result<void> append(const std::vector<std::string>& records) override {
        if (broken_) return fail(Errc::io, path_ + ": an earlier write failed");
        if (auto checked = check_lines(records); !checked) return checked;
        std::string text;
        for (const auto& record : records)
            text += encode_line(record);
        auto written = write_fully(file_.get(), text, path_);
        if (!written) {
            // A torn record would hide all that follow it.
            broken_ = ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0;
            return written;
        }
        size_ += text.size();
        return {};
    }

    Result<void> sync() override {
        if (broken_) return fail(Errc::io, path_ + ": an earlier write failed");
        auto synced = sync_file(file_.get(), path_);
        broken_ = !synced;  // the kernel reports a failed write-back once
        return synced;
    }

    Result<void> replace(const std::vector<std::string>& records) override {
        if (auto checked = check_lines(records); !checked) return checked;
        const std::string temporary = name_ + ".tmp";
        std::string text;
        for (const auto& record : records)
            text += encode_line(record);
        Fd file(::openat(directory_.get(), temporary.c_str(),
                         O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) return fail_errno(errno, path_, true);
        auto done = write_fully(file.get(), text, path_);
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
        size_ = text.size();
        broken_ = false;
        return sync_file(directory_.get(), path_);
    }

 private:
    Fd directory_;
    Fd file_;
    std::string name_;
    std::string path_;
    std::vector<std::string> records_;
    std::uint64_t size_ = 0;
    bool broken_ = false;
};

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path) {
    const auto [parent, name] = split_path(path);
    auto directory = open_or_create_directory(parent);
    if (!directory) return tl::unexpected(directory.error());
    while (true) {
        Fd file(::openat(directory->get(), name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                         0600));
        if (!file) return fail_errno(errno, path, true);
        auto locked = lock_file(file.get(), true, 0, path);
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
        if (auto loaded = journal->load(); !loaded) return tl::unexpected(loaded.error());
        return journal;
    }
}

}  // namespace mailpipe::store
