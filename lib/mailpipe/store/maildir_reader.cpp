#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
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

class FileReader : public MessageReader {
 public:
    FileReader(Fd fd, std::string what) : fd_(std::move(fd)), what_(std::move(what)) {}

    Result<std::string_view> read() override {
        piece_.resize(kPiece);
        auto count = read_at(fd_.get(), piece_.data(), piece_.size(), offset_, what_);
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

    Result<void> remove(const std::vector<std::string>& ids) override {
        // One fresh look for all whose name has changed, so that many lost messages do not cost a scan each.
        std::vector<std::string> left = ids;
        for (const bool fresh : {false, true}) {
            if (fresh) {
                if (left.empty()) break;
                if (auto scanned = scan(); !scanned) return scanned;
            }
            std::vector<std::string> missed;
            for (auto& id : left) {
                const auto at = files_.find(id);
                if (at == files_.end()) {
                    missed.push_back(std::move(id));
                } else if (::unlinkat(directories_[at->second.place].get(), at->second.name.c_str(), 0) == 0) {
                    files_.erase(at);
                } else if (errno == ENOENT) {
                    missed.push_back(std::move(id));
                } else {
                    return fail_errno(errno, path_ + ": message " + id);
                }
            }
            left = std::move(missed);
        }
        for (const auto& directory : directories_) {
            if (auto synced = sync_file(directory.get(), path_); !synced) return synced;
        }
        return {};
    }

 private:
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
