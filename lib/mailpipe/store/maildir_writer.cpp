#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "mailpipe/store/crlf_size.hpp"
#include "mailpipe/store/directory.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir.hpp"
#include "mailpipe/store/maildir_name.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kHeld = 256 * 1024;     // a message up to this size costs one open, write and close
constexpr std::size_t kFewFiles = 4;          // up to here an fsync each is cheaper than syncfs
constexpr std::time_t kStaleTmp = 36 * 3600;  // the rule of Maildir

std::string_view flags_of(std::string_view id) {
    const std::size_t colon = id.find(':');
    return colon == std::string_view::npos ? std::string_view{} : id.substr(colon);
}

class MaildirWriter : public MailboxWriter {
 public:
    struct Directories {
        Fd tmp, new_dir, cur;
    };
    MaildirWriter(std::string path, Directories directories)
        : path_(std::move(path)),
          dirs_(std::move(directories)),
          syncfs_works_(honours_syncfs(dirs_.tmp.get())) {}
    ~MaildirWriter() override {
        abandon();
        drop(durable_count_);
    }

    Result<void> begin() override {
        abandon();
        held_.clear();
        mapper_ = {};
        size_ = {};
        crlf_octets_ = 0;
        return {};
    }

    Result<void> append(std::string_view crlf_text) override {
        crlf_octets_ += crlf_text.size();
        mapper_.append(crlf_text, held_);
        return held_.size() < kHeld ? Result<void>{} : flush_held();
    }

    Result<Staged> finish(const Keywords& keywords, std::optional<std::time_t> received_at) override {
        mapper_.finish(held_);
        auto base = write_file(received_at);
        if (!base) {
            abandon();
            return tl::unexpected(base.error());
        }
        const std::string flags = encode_flags(keywords);
        staged_.push_back(flags.empty() ? *base : *base + ":2," + flags);
        return Staged{staged_.back(), crlf_octets_};
    }

    void abandon() override {
        if (!file_) return;
        file_.reset();
        ::unlinkat(dirs_.tmp.get(), file_name_.c_str(), 0);
    }

    Result<void> make_durable() override {
        if (staged_.size() == durable_count_) return {};
        auto synced = sync_staged();
        if (synced) synced = sync_file(dirs_.tmp.get(), path_);
        return keep_synced(std::move(synced));
    }

    Result<std::vector<std::string>> publish() override {
        // What stands in new/ durably need not have stood in tmp/ so: its names are not synced.
        if (auto synced = keep_synced(sync_staged()); !synced) return tl::unexpected(synced.error());
        std::array<bool, 2> touched{};
        auto ids = put_in_place(touched);
        if (!ids) return ids;
        if (auto synced = sync_touched(touched); !synced) return tl::unexpected(synced.error());
        forget_staged();
        return ids;
    }

    Result<std::vector<std::string>> publish_unsynced() override {
        std::array<bool, 2> touched{};
        auto ids = put_in_place(touched);
        if (ids) forget_staged();
        return ids;
    }

    void discard() override {
        abandon();
        drop(0);
    }

    Result<void> settle() override { return {}; }

    Result<std::vector<std::string>> recover(const std::vector<std::string>& staged_ids) override;

 private:
    Result<std::vector<std::string>> put_in_place(std::array<bool, 2>& touched) {
        std::vector<std::string> ids;
        ids.reserve(staged_.size());
        for (const auto& staged : staged_) {
            auto moved = move_into_place(staged, touched);
            if (!moved) return tl::unexpected(moved.error());
            if (!*moved) return fail(Errc::io, path_ + ": a message named " + staged + " is there already");
            ids.emplace_back(base_of(staged));
        }
        return ids;
    }

    void forget_staged() {
        staged_.clear();
        durable_count_ = 0;
    }

    Result<void> flush_held() {
        if (!file_) {
            file_name_ = names_.next();
            if (auto created = create(); !created) return created;
        }
        size_.append(held_);
        auto written = write_fully(file_.get(), held_, path_);
        held_.clear();
        if (!written) abandon();
        return written;
    }

    Result<void> create() {
        file_ = Fd(open_at(dirs_.tmp.get(), file_name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!file_) return fail_errno(errno, path_, true);
        return {};
    }

    // Writes what is held and closes the file of tmp/, which then has its final name.
    Result<std::string> write_file(std::optional<std::time_t> received_at) {
        CrlfSize size = size_;
        size.append(held_);
        std::string base = with_sizes(file_ ? file_name_ : names_.next(), size.disk_size(), size.crlf_size());
        const bool large = static_cast<bool>(file_);
        if (!large) {
            file_name_ = base;
            if (auto created = create(); !created) return tl::unexpected(created.error());
        }
        if (auto written = write_fully(file_.get(), held_, path_); !written)
            return tl::unexpected(written.error());
        if (received_at) {
            // The access time stays: other programs judge by it what in tmp/ is stale.
            const std::array<struct timespec, 2> times{{{0, UTIME_OMIT}, {*received_at, 0}}};
            if (::futimens(file_.get(), times.data()) != 0) return fail_errno(errno, path_);
        }
        if (large) {
            auto moved = move_no_replace(dirs_.tmp.get(), file_name_, dirs_.tmp.get(), base, path_);
            if (!moved) return tl::unexpected(moved.error());
            if (!*moved) return fail(Errc::io, path_ + ": a file named tmp/" + base + " is there already");
            file_name_ = base;
        }
        if (auto closed = file_.close(path_); !closed) {
            ::unlinkat(dirs_.tmp.get(), base.c_str(), 0);
            return tl::unexpected(closed.error());
        }
        return base;
    }

    Result<void> keep_synced(Result<void> synced) {
        // The kernel reports a failed write-back once: a second sync would succeed and mean nothing.
        if (!synced) drop(durable_count_);
        durable_count_ = staged_.size();
        return synced;
    }

    // The contents of the files.
    Result<void> sync_staged() {
        if (syncfs_works_ && staged_.size() - durable_count_ > kFewFiles) {
            if (::syncfs(dirs_.tmp.get()) != 0) return fail_errno(errno, path_);
            return {};
        }
        for (std::size_t i = durable_count_; i < staged_.size(); ++i) {
            auto file = open_regular_at(dirs_.tmp.get(), std::string(base_of(staged_[i])), path_);
            if (!file) return tl::unexpected(file.error());
            if (auto synced = sync_file(file->get(), path_); !synced) return synced;
        }
        return {};
    }

    // false: a file of that name is there already.
    Result<bool> move_into_place(const std::string& staged, std::array<bool, 2>& touched) {
        const bool to_cur = !flags_of(staged).empty();
        touched[to_cur ? 1 : 0] = true;
        const int directory = to_cur ? dirs_.cur.get() : dirs_.new_dir.get();
        return move_no_replace(dirs_.tmp.get(), std::string(base_of(staged)), directory, staged, path_);
    }

    Result<void> sync_touched(const std::array<bool, 2>& touched) {
        if (touched[0]) {
            if (auto synced = sync_file(dirs_.new_dir.get(), path_); !synced) return synced;
        }
        if (touched[1]) {
            if (auto synced = sync_file(dirs_.cur.get(), path_); !synced) return synced;
        }
        return {};
    }

    void drop(std::size_t from) {
        for (std::size_t i = from; i < staged_.size(); ++i) {
            ::unlinkat(dirs_.tmp.get(), std::string(base_of(staged_[i])).c_str(), 0);
        }
        staged_.resize(from);
        durable_count_ = std::min(durable_count_, from);
    }

    void remove_stale(const std::unordered_set<std::string_view>& kept);

    std::string path_;
    Directories dirs_;
    bool syncfs_works_;
    MaildirNames names_;
    std::vector<std::string> staged_;  // ids
    std::size_t durable_count_ = 0;    // of staged_

    // The message begun.
    std::string held_;
    wire::CrlfToLf mapper_;
    CrlfSize size_;
    std::uint64_t crlf_octets_ = 0;
    Fd file_;
    std::string file_name_;
};

Result<std::unordered_set<std::string>> bases_in(int directory, const std::string& what) {
    std::unordered_set<std::string> bases;
    auto read = for_each_name(directory, what, [&bases](const char* name) { bases.emplace(base_of(name)); });
    if (!read) return tl::unexpected(read.error());
    return bases;
}

Result<std::vector<std::string>> MaildirWriter::recover(const std::vector<std::string>& staged_ids) {
    std::vector<std::string> entries;
    if (!staged_ids.empty()) {
        // In this order: a reader that moves a message from new/ to cur/ meanwhile does not hide it.
        std::unordered_set<std::string> in_place;
        for (const Fd* directory : {&dirs_.new_dir, &dirs_.cur}) {
            auto bases = bases_in(directory->get(), path_);
            if (!bases) return tl::unexpected(bases.error());
            in_place.merge(*bases);
        }
        std::array<bool, 2> touched{true, true};  // what is in place may not be durable there yet
        for (const auto& id : staged_ids) {
            std::string base(base_of(id));
            if (!is_plain_name(id)) {
                base.clear();
            } else if (in_place.contains(base)) {
                ::unlinkat(dirs_.tmp.get(), base.c_str(), 0);  // killed between link and unlink
            } else if (auto moved = move_into_place(id, touched); !moved) {
                if (moved.error().kind != Errc::not_found) return tl::unexpected(moved.error());
                base.clear();
            }
            entries.push_back(std::move(base));
        }
        if (auto synced = sync_touched(touched); !synced) return tl::unexpected(synced.error());
    }
    std::unordered_set<std::string_view> kept;
    for (const auto& id : staged_ids)
        kept.insert(base_of(id));
    remove_stale(kept);
    return entries;
}

// Housekeeping: what fails here fails silently, and the next run tries again.
void MaildirWriter::remove_stale(const std::unordered_set<std::string_view>& kept) {
    // Where mail-serve keeps an index (index/), in the Maildir or the one that this is a folder of, what lies here may have been
    // acknowledged: it was put in its place without a sync, and the next scan does so again.
    for (const char* index : {"../.mailpipe-index", "../../.mailpipe-index"})
        if (::faccessat(dirs_.tmp.get(), index, F_OK, 0) == 0) return;
    const auto bases = bases_in(dirs_.tmp.get(), path_);
    if (!bases) return;
    const std::time_t now = std::time(nullptr);
    for (const auto& name : *bases) {
        struct stat info {};
        if (!is_plain_name(name) || kept.contains(name)) continue;
        if (::fstatat(dirs_.tmp.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISREG(info.st_mode) && std::max(info.st_atime, info.st_ctime) < now - kStaleTmp) {
            ::unlinkat(dirs_.tmp.get(), name.c_str(), 0);
        }
    }
}

// A directory that holds other things is no place for tmp/, new/ and cur/; Maildir++ folders begin with a dot.
Result<void> check_is_maildir_or_empty(int root, const std::string& path) {
    const auto is_maildir = [root] {
        return ::faccessat(root, "cur", F_OK, 0) == 0 || ::faccessat(root, "new", F_OK, 0) == 0;
    };
    if (is_maildir()) return {};
    auto names = bases_in(root, path);
    if (!names) return tl::unexpected(names.error());
    for (const auto& name : *names) {
        if (is_plain_name(name) && name != "tmp") {
            // Another process may make it just now: its subdirectories came behind the first look.
            if (is_maildir()) return {};
            return fail(Errc::data, path + ": is a directory with other files and not a Maildir");
        }
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<MailboxWriter>> open_maildir_writer(const std::string& path) {
    auto root = open_or_create_directory(path);
    if (!root) return tl::unexpected(root.error());
    if (auto checked = check_is_maildir_or_empty(root->get(), path); !checked)
        return tl::unexpected(checked.error());
    MaildirWriter::Directories directories;
    const std::array<std::pair<const char*, Fd*>, 3> parts{
        {{"tmp", &directories.tmp}, {"new", &directories.new_dir}, {"cur", &directories.cur}}};
    for (const auto& [name, fd] : parts) {
        const std::string what = path + "/" + name;
        if (auto created = create_directory_at(root->get(), name, what); !created) {
            return tl::unexpected(created.error());
        }
        auto opened = open_directory_at(root->get(), name, what);
        if (!opened) return tl::unexpected(opened.error());
        *fd = std::move(*opened);
        if (::faccessat(root->get(), name, W_OK | X_OK, AT_EACCESS) != 0) return fail_errno(errno, what, true);
    }
    if (auto synced = sync_file(root->get(), path); !synced) return tl::unexpected(synced.error());
    return std::make_unique<MaildirWriter>(path, std::move(directories));
}

}  // namespace mailpipe::store
