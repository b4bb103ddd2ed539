#include "mailpipe/store/mbox_spool.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::time_t kStale = 36 * 3600;
constexpr std::time_t kStaleDone = 30 * 24 * 3600;
constexpr std::string_view kPublish = ".publish";
constexpr std::string_view kDone = ".done";
constexpr std::string_view kRecordEnd = "end\n";
constexpr const char* kRewrite = "rewrite";

// What a record says is to stand in the mbox, readable at any place.
class Content {
 public:
    Content(int segment, const PublishRecord& record, std::string what)
        : segment_(segment), record_(record), what_(std::move(what)) {
        size_ = record.separator.size();
        for (const auto& range : record.ranges)
            size_ += range.length;
    }

    std::uint64_t size() const { return size_; }

    // At least one octet before the end.
    Result<std::string> read(std::uint64_t at) const {
        if (at < record_.separator.size()) return record_.separator.substr(at);
        at -= record_.separator.size();
        for (const auto& range : record_.ranges) {
            if (at >= range.length) {
                at -= range.length;
                continue;
            }
            auto piece = read_range(segment_, range.offset + at,
                                    std::min<std::uint64_t>(kPiece, range.length - at), what_);
            if (piece && piece->empty()) return fail(Errc::io, what_ + ": a staged message is cut off");
            return piece;
        }
        return std::string{};
    }

 private:
    int segment_;
    const PublishRecord& record_;
    std::string what_;
    std::uint64_t size_ = 0;
};

// How many octets of the content stand in the mbox from record.start on.
Result<std::uint64_t> common_prefix(const Content& content, int mbox, std::uint64_t start,
                                    const std::string& path) {
    std::uint64_t done = 0;
    while (done < content.size()) {
        auto wanted = content.read(done);
        if (!wanted) return tl::unexpected(wanted.error());
        auto there = read_range(mbox, start + done, wanted->size(), path);
        if (!there) return tl::unexpected(there.error());
        const auto differs = std::mismatch(there->begin(), there->end(), wanted->begin()).first;
        done += static_cast<std::uint64_t>(differs - there->begin());
        if (differs != there->end() || there->size() < wanted->size()) break;
    }
    return done;
}

// Where the From_ line of another program begins behind the first octets of our group. It may begin like what
// would have followed of ours, so that it lies before the end of what is common. `start` when there is none.
Result<std::uint64_t> end_of_ours(int mbox, std::uint64_t start, std::uint64_t common,
                                  const std::string& path) {
    constexpr std::string_view kFrom = "From ";
    constexpr std::uint64_t kOverlap = 64;  // a From_ line of ours is shorter
    const std::uint64_t from = start + common - std::min(common, kOverlap);
    auto text = read_range(mbox, from, start + common + kFrom.size() - from, path);
    if (!text) return tl::unexpected(text.error());
    const std::size_t at = text->rfind(kFrom);
    return at == std::string::npos ? start : from + at;
}

Result<std::uint64_t> size_of(int fd, const std::string& path) {
    auto info = stat_fd(fd, path);
    if (!info) return tl::unexpected(info.error());
    return static_cast<std::uint64_t>(info->st_size);
}

}  // namespace

std::string encode_staged_id(const std::string& segment, const SegmentRange& range) {
    return segment + "-" + std::to_string(range.offset) + "-" + std::to_string(range.length);
}

std::optional<StagedId> parse_staged_id(std::string_view id) {
    const std::size_t second = id.rfind('-');
    if (second == std::string_view::npos || second == 0) return std::nullopt;
    const std::size_t first = id.rfind('-', second - 1);
    if (first == std::string_view::npos) return std::nullopt;
    const auto offset = ascii::parse_number(id.substr(first + 1, second - first - 1));
    const auto length = ascii::parse_number(id.substr(second + 1));
    if (!offset || !length || !is_plain_name(id.substr(0, first))) return std::nullopt;
    return StagedId{std::string(id.substr(0, first)), {*offset, *length}};
}

std::optional<std::uint64_t> place_of(const PublishRecord& record, const SegmentRange& range) {
    std::uint64_t at = record.start + record.separator.size();
    for (const auto& one : record.ranges) {
        if (one.offset == range.offset && one.length == range.length) return at;
        at += one.length;
    }
    return std::nullopt;
}

std::string encode_record(const PublishRecord& record) {
    std::string text = std::to_string(record.start) + " " + std::to_string(record.separator.size()) + "\n";
    for (const auto& range : record.ranges) {
        text += std::to_string(range.offset) + " " + std::to_string(range.length) + "\n";
    }
    return text + std::string(kRecordEnd);
}

std::optional<PublishRecord> parse_record(std::string_view text) {
    if (!text.ends_with(kRecordEnd)) return std::nullopt;
    text.remove_suffix(kRecordEnd.size());
    PublishRecord record;
    bool first = true;
    for (const auto line : ascii::split(text, '\n')) {
        if (line.empty()) continue;
        const auto words = ascii::split(line, ' ');
        if (words.size() != 2) return std::nullopt;
        const auto a = ascii::parse_number(words[0]);
        const auto b = ascii::parse_number(words[1]);
        if (!a || !b || (first && *b > 2)) return std::nullopt;
        if (first) {
            record.start = *a;
            record.separator.assign(*b, '\n');
        } else {
            record.ranges.push_back({*a, *b});
        }
        first = false;
    }
    return first ? std::nullopt : std::optional(record);
}

Result<MboxSpool> MboxSpool::open(const std::string& path) {
    const auto [parent, name] = split_path(path);
    if (!is_plain_name(name)) return fail(Errc::usage, path + ": cannot be the name of an mbox");
    auto directory = open_or_create_directory(parent);
    if (!directory) return tl::unexpected(directory.error());
    const std::string spool_name = "." + name + ".mailpipe";
    const std::string what = parent + "/" + spool_name;
    if (auto created = create_directory_at(directory->get(), spool_name, what); !created) {
        return tl::unexpected(created.error());
    }
    auto spool = open_directory_at(directory->get(), spool_name, what);
    if (!spool) return tl::unexpected(spool.error());
    if (auto synced = sync_file(directory->get(), parent); !synced) return tl::unexpected(synced.error());
    return MboxSpool(std::move(*directory), std::move(*spool), name, path);
}

Result<LockedMbox> MboxSpool::lock() {
    auto mbox = LockedMbox::open(directory_.get(), spool_.get(), name_, path_);
    if (!mbox) return mbox;
    auto files = names();
    if (!files) return tl::unexpected(files.error());
    for (const auto& file : *files) {
        if (!file.ends_with(kPublish)) continue;
        auto completed = complete(*mbox, file.substr(0, file.size() - kPublish.size()));
        if (!completed) return tl::unexpected(completed.error());
    }
    return mbox;
}

Result<std::vector<std::uint64_t>> MboxSpool::publish(LockedMbox& mbox, const std::string& segment,
                                                      const std::vector<SegmentRange>& ranges) {
    PublishRecord record;
    auto start = size_of(mbox.fd(), path_);
    if (!start) return tl::unexpected(start.error());
    record.start = *start;
    auto separator = separator_for(mbox.fd());
    if (!separator) return tl::unexpected(separator.error());
    record.separator = *separator;
    record.ranges = ranges;
    const std::string file = segment + std::string(kPublish);
    auto recorded = create_file_at(spool_.get(), file, encode_record(record), path_);
    if (recorded) recorded = sync();
    if (!recorded) {
        remove(file);
        return tl::unexpected(recorded.error());
    }
    if (auto appended = append(mbox, segment, record); !appended) return tl::unexpected(appended.error());
    std::vector<std::uint64_t> offsets;
    std::uint64_t at = record.start + record.separator.size();
    for (const auto& range : ranges) {
        offsets.push_back(at);
        at += range.length;
    }
    return offsets;
}

// What goes between the end of the mbox and the next From_ line.
Result<std::string> MboxSpool::separator_for(int mbox) const {
    auto size = size_of(mbox, path_);
    if (!size) return tl::unexpected(size.error());
    if (*size == 0) return std::string{};
    auto start = read_range(mbox, 0, 5, path_);
    if (!start) return tl::unexpected(start.error());
    if (*start != "From ")
        return fail(Errc::data, path_ + ": is not an mbox: it does not begin with \"From \"");
    auto end = read_range(mbox, *size - 2, 2, path_);
    if (!end) return end;
    if (*end == "\n\n") return std::string{};
    return end->ends_with('\n') ? std::string("\n") : std::string("\n\n");
}

Result<void> MboxSpool::append(LockedMbox& mbox, const std::string& segment, const PublishRecord& record) {
    auto file = open_regular_at(spool_.get(), segment, path_);
    if (!file) return tl::unexpected(file.error());
    const Content content(file->get(), record, path_);
    Result<void> result;
    for (std::uint64_t at = 0; at < content.size() && result;) {
        auto piece = content.read(at);
        if (!piece) {
            result = tl::unexpected(piece.error());
            break;
        }
        at += piece->size();
        result = write_fully(mbox.fd(), *piece, path_);
    }
    if (result) result = sync_file(mbox.fd(), path_);
    if (!result) {
        // Nothing of a group that does not fit stays. If this fails too, the record makes the next run do it.
        if (::ftruncate(mbox.fd(), static_cast<off_t>(record.start)) == 0 && sync_file(mbox.fd(), path_)) {
            remove(segment + std::string(kPublish));
        }
        return result;
    }
    return mark_done(segment);
}

Result<void> MboxSpool::mark_done(const std::string& segment) {
    const std::string from = segment + std::string(kPublish);
    const std::string to = segment + std::string(kDone);
    if (::renameat(spool_.get(), from.c_str(), spool_.get(), to.c_str()) != 0) return fail_errno(errno, path_);
    remove(segment);
    return {};
}

// Killed while it published. Three ends are possible: all is there; the last octets of the mbox are the
// beginning of the group, which is cut off and written again; or another program has written meanwhile. Then a
// beginning of the group that ends at a From_ line is cut out, and in doubt (the mbox was rewritten) the group
// is appended once more: rather twice than lost.
Result<void> MboxSpool::complete(LockedMbox& mbox, const std::string& segment) {
    const std::string record_file = segment + std::string(kPublish);
    auto text = read_whole(spool_.get(), record_file, path_);
    if (!text) return tl::unexpected(text.error());
    const auto record = parse_record(*text);
    if (!record) {
        remove(record_file);
        return {};
    }
    auto file = open_regular_at(spool_.get(), segment, path_);
    if (!file && file.error().kind == Errc::not_found) return mark_done(segment);
    if (!file) return tl::unexpected(file.error());
    const Content content(file->get(), *record, path_);
    auto size = size_of(mbox.fd(), path_);
    if (!size) return tl::unexpected(size.error());
    auto there = common_prefix(content, mbox.fd(), record->start, path_);
    if (!there) return tl::unexpected(there.error());
    if (*there == content.size()) {
        if (auto synced = sync_file(mbox.fd(), path_); !synced) return synced;
        return mark_done(segment);
    }
    if (*size == record->start + *there) {
        if (::ftruncate(mbox.fd(), static_cast<off_t>(record->start)) != 0) return fail_errno(errno, path_);
        return append(mbox, segment, *record);
    }
    auto ours = end_of_ours(mbox.fd(), record->start, *there, path_);
    if (!ours) return tl::unexpected(ours.error());
    if (*ours > record->start) {
        if (auto done = cut(mbox, record->start, *ours); !done) return done;
    }
    auto published = publish(mbox, segment, record->ranges);
    if (!published) return tl::unexpected(published.error());
    return {};
}

Result<Fd> MboxSpool::begin_rewrite(const LockedMbox& mbox) {
    remove(kRewrite);
    Fd file(open_at(spool_.get(), kRewrite, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
    if (!file) return fail_errno(errno, path_);
    auto info = stat_fd(mbox.fd(), path_);
    if (!info) return tl::unexpected(info.error());
    if (::fchown(file.get(), info->st_uid, info->st_gid) != 0 ||
        ::fchmod(file.get(), info->st_mode & 07777) != 0) {
        return fail_errno(errno, path_);
    }
    return file;
}

Result<void> MboxSpool::finish_rewrite(LockedMbox& mbox, Fd file) {
    if (auto synced = sync_file(file.get(), path_); !synced) return synced;
    return mbox.replace(std::move(file), spool_.get(), kRewrite, name_, path_);
}

// By a new file that replaces the old one, so that a crash here leaves one or the other.
Result<void> MboxSpool::cut(LockedMbox& mbox, std::uint64_t from, std::uint64_t to) {
    auto file = begin_rewrite(mbox);
    if (!file) return tl::unexpected(file.error());
    auto copied = copy_range(mbox.fd(), 0, from, file->get(), path_);
    if (copied) copied = copy_range(mbox.fd(), to, UINT64_MAX, file->get(), path_);
    if (!copied) return copied;
    return finish_rewrite(mbox, std::move(*file));
}

Result<std::optional<PublishRecord>> MboxSpool::published(const std::string& segment) const {
    auto text = read_whole(spool_.get(), segment + std::string(kDone), path_);
    if (!text && text.error().kind == Errc::not_found) return std::optional<PublishRecord>{};
    if (!text) return tl::unexpected(text.error());
    return parse_record(*text);
}

void MboxSpool::remove(const std::string& file) const {
    ::unlinkat(spool_.get(), file.c_str(), 0);
}

Result<std::vector<std::string>> MboxSpool::names() const {
    const int fd = open_at(spool_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(errno, path_);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
    if (!stream) {
        ::close(fd);
        return fail_errno(errno, path_);
    }
    std::vector<std::string> names;
    errno = 0;
    while (const struct dirent* entry = ::readdir(stream.get())) {
        if (is_plain_name(entry->d_name)) names.emplace_back(entry->d_name);
    }
    if (errno != 0) return fail_errno(errno, path_);
    std::sort(names.begin(), names.end());
    return names;
}

void MboxSpool::remove_stale(const std::vector<std::string>& kept) const {
    const auto files = names();
    if (!files) return;
    const std::time_t now = std::time(nullptr);
    for (const auto& file : *files) {
        struct stat info {};
        const bool is_kept = std::any_of(kept.begin(), kept.end(), [&file](const std::string& segment) {
            return file == segment || file == segment + std::string(kDone);
        });
        if (is_kept || file.ends_with(kPublish)) continue;
        if (::fstatat(spool_.get(), file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (info.st_ctime < now - (file.ends_with(kDone) ? kStaleDone : kStale)) remove(file);
    }
}

}  // namespace mailpipe::store
