#include "mailpipe/queue/queued_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "mailpipe/store/journal_line.hpp"

namespace mailpipe::queue {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kLongestLine = 1U << 20;
// A full disk must not keep an outcome from being recorded: the message would be sent again.
constexpr off_t kReserved = 4096;

unsigned long crc_of(unsigned long crc, std::string_view octets) {
    // zlib begins anew where it is given no octets at all.
    if (octets.empty()) return crc;
    return ::crc32_z(crc, reinterpret_cast<const Bytef*>(octets.data()), octets.size());
}

// The record of the journal line that begins at `offset`, which goes behind it; nullopt when there is no whole one.
Result<std::optional<std::string>> read_line(int fd, std::uint64_t& offset, std::string_view what) {
    std::string text;
    while (text.size() <= kLongestLine) {
        auto piece = store::read_range(fd, offset + text.size(), kPiece, what);
        if (!piece) return tl::unexpected(piece.error());
        const std::size_t end = piece->find('\n');
        if (end != std::string::npos) {
            text.append(*piece, 0, end);
            const auto record = store::parse_journal_line(text);
            if (!record) break;
            offset += text.size() + 1;
            return std::optional(std::string(*record));
        }
        if (piece->empty()) break;
        text += *piece;
    }
    return std::optional<std::string>();
}

Fail not_whole(std::string_view path, const Entry& entry) {
    return fail(Errc::not_found,
                std::string(path) + ": message " + encode_id(entry.id) + " was not written whole");
}

}  // namespace

Result<QueuedFile> QueuedFile::write(store::Fd file, std::string path, Submission submission, std::uint32_t due,
                                     const GiveText& give) {
    QueuedFile queued(std::move(file), {-1, std::move(path)}, {}, Message(std::move(submission), due));
    if (auto written = queued.write_whole(due, give); !written) return tl::unexpected(written.error());
    return queued;
}

Result<void> QueuedFile::write_whole(std::uint32_t due, const GiveText& give) {
    const Submission& submission = message_.submission();
    std::string held;
    store::encode_journal_line(encode_submission(submission, due), held);
    text_begin_ = held.size();
    std::uint64_t size = 0;
    unsigned long crc = crc_of(0, {});
    auto given = give([&](std::string_view piece) -> Result<void> {
        size += piece.size();
        crc = crc_of(crc, piece);
        held += piece;
        if (held.size() < 4 * kPiece) return {};
        auto written = store::write_fully(file_.get(), held, place_.path);
        held.clear();
        return written;
    });
    if (!given) return given;
    if (size != submission.envelope.size.value_or(0))
        return fail(Errc::data, "the text of the message is not as long as its envelope says");
    const std::size_t before = held.size();
    store::encode_journal_line(std::to_string(crc), held);
    end_ = text_begin_ + size + held.size() - before;
    if (auto written = store::write_fully(file_.get(), held, place_.path); !written) return written;
    // Not everywhere possible, and then not needed to be right.
    if (submission.envelope.recipients.size() > 1)
        static_cast<void>(::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(end_), kReserved));
    return {};
}

void QueuedFile::set_place(int bucket, Id id) {
    place_.bucket = bucket;
    entry_ = message_.entry(id);
}

Result<QueuedFile> QueuedFile::load(store::Fd file, Place place, const Entry& entry) {
    std::uint64_t text_begin = 0;
    auto first = read_line(file.get(), text_begin, place.path);
    if (!first) return tl::unexpected(first.error());
    if (!*first) return not_whole(place.path, entry);
    auto message = parse_submission(**first);
    if (!message) return tl::unexpected(message.error());
    QueuedFile queued(std::move(file), std::move(place), entry, std::move(*message));
    queued.text_begin_ = text_begin;
    queued.end_ = queued.text_begin_ + queued.message_.submission().envelope.size.value_or(0);
    auto trailer = read_line(queued.file_.get(), queued.end_, queued.place_.path);
    if (!trailer) return tl::unexpected(trailer.error());
    if (!*trailer) return not_whole(queued.place_.path, entry);
    if (auto loaded = queued.load_events(); !loaded) return tl::unexpected(loaded.error());
    // Once it was tried it is known to be whole.
    const bool is_new = std::all_of(queued.message_.recipients().begin(), queued.message_.recipients().end(),
                                    [](const RecipientState& recipient) { return recipient.attempts == 0; });
    if (is_new) {
        if (auto checked = queued.check_text(**trailer); !checked) return tl::unexpected(checked.error());
    }
    return queued;
}

Result<void> QueuedFile::check_text(std::string_view expected) {
    unsigned long crc = crc_of(0, {});
    const std::uint64_t size = message_.submission().envelope.size.value_or(0);
    for (std::uint64_t offset = 0; offset < size;) {
        auto piece = read_text(offset);
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) break;
        crc = crc_of(crc, *piece);
        offset += piece->size();
    }
    if (std::to_string(crc) != expected) return not_whole(place_.path, entry_);
    return {};
}

Result<void> QueuedFile::load_events() {
    while (true) {
        auto line = read_line(file_.get(), end_, place_.path);
        if (!line) return tl::unexpected(line.error());
        if (!*line) return {};
        auto event = parse_event(**line);
        if (!event) return tl::unexpected(event.error());
        message_.apply(*event);
    }
}

Result<std::string_view> QueuedFile::read_text(std::uint64_t offset) {
    const std::uint64_t size = message_.submission().envelope.size.value_or(0);
    if (offset >= size) return std::string_view();
    piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - offset)));
    auto count = store::read_at(file_.get(), piece_.data(), piece_.size(), text_begin_ + offset, place_.path);
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) return not_whole(place_.path, entry_);
    return std::string_view(piece_).substr(0, *count);
}

Result<void> QueuedFile::append(const Event& event) {
    std::string line;
    store::encode_journal_line(encode_event(event), line);
    // What a crash left torn, or an append that failed.
    if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) return fail_errno(errno, place_.path);
    if (::lseek(file_.get(), static_cast<off_t>(end_), SEEK_SET) < 0) return fail_errno(errno, place_.path);
    if (auto written = store::write_fully(file_.get(), line, place_.path); !written) return written;
    end_ += line.size();
    message_.apply(event);
    return {};
}

bool QueuedFile::is_locked_elsewhere() const {
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    return ::fcntl(file_.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Result<void> QueuedFile::sync() {
    return store::sync_file(file_.get(), place_.path);
}

Result<void> QueuedFile::rename(std::uint32_t due) {
    Entry entry = message_.entry(entry_.id);
    entry.due = std::max(entry.due, due);
    if (entry == entry_) return {};
    auto moved = store::move_no_replace(place_.bucket, encode_name(entry_), place_.bucket, encode_name(entry),
                                        place_.path);
    if (!moved) return tl::unexpected(moved.error());
    if (!*moved)
        return fail(Errc::io, place_.path + ": a file named " + encode_name(entry) + " is there already");
    entry_ = entry;
    return {};
}

Result<void> QueuedFile::remove() {
    if (::unlinkat(place_.bucket, encode_name(entry_).c_str(), 0) != 0) return fail_errno(errno, place_.path);
    removed_ = true;
    return {};
}

}  // namespace mailpipe::queue
