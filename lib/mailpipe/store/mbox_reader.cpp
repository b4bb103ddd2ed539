#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mbox.hpp"
#include "mailpipe/store/mbox_edit.hpp"
#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/store/mbox_scan.hpp"
#include "mailpipe/store/mbox_status.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 32 * 1024 - 8;  // with what the decoder holds back it maps to at most 64 KiB
// The header of most messages, which is all that a listing reads.
constexpr std::size_t kFirstPiece = 4096;
constexpr int kLockMilliseconds = 30'000;

// Keeps writers out while it lives.
class ReadLock {
 public:
    explicit ReadLock(int fd) : fd_(fd) {}
    ReadLock(const ReadLock&) = delete;
    ReadLock& operator=(const ReadLock&) = delete;
    ~ReadLock() {
        struct flock lock {};
        lock.l_type = F_UNLCK;
        lock.l_whence = SEEK_SET;
        ::fcntl(fd_, F_OFD_SETLK, &lock);
    }

 private:
    int fd_;
};

class MboxMessageReader : public MessageReader {
 public:
    MboxMessageReader(std::shared_ptr<Fd> fd, std::string what) : fd_(std::move(fd)), what_(std::move(what)) {}

    // Reads the message whose From_ line stands there, instead of any before. Errors: io; not_found where there is none.
    Result<void> start(std::uint64_t offset) {
        begin_ = offset;
        is_first_ = true;
        is_header_ = false;
        eof_ = done_ = false;
        skipped_ = 0;
        decoder_.reset();
        mapper_ = {};
        // With the line end before it, by which it is known that a line begins there.
        const std::size_t before = offset == 0 ? 0 : 1;
        piece_.resize(kFirstPiece + before);
        auto count = read_some_at(fd_->get(), piece_.data(), piece_.size(), offset - before, what_);
        if (!count) return tl::unexpected(count.error());
        const std::string_view start = std::string_view(piece_).substr(0, *count);
        if (!start.starts_with(before == 0 ? "From " : "\nFrom "))
            return fail(Errc::not_found, what_ + ": no message starts at offset " + std::to_string(offset));
        first_ = start.substr(before);
        return {};
    }

    Result<std::string_view> read() override {
        is_header_ = std::exchange(is_first_, false) && take_header();
        if (is_header_) {
            skipped_ = text_.size();
            return std::string_view(text_);
        }
        while (true) {
            auto text = decode();
            if (!text || text->empty() || skipped_ == 0) return text;
            const std::size_t again = std::min(skipped_, text->size());
            skipped_ -= again;
            text->remove_prefix(again);
            if (!text->empty()) return text;
        }
    }
    bool is_header() const override { return is_header_; }

 private:
    // The header as decode() would begin, where that can be said by the first piece alone: a listing needs no more, and
    // the decoder takes ten times as long. false: it has to tell.
    bool take_header() {
        const std::size_t line_end = first_.find('\n');
        if (line_end == std::string_view::npos || is_without_final_newline(first_.substr(0, line_end)))
            return false;
        text_.clear();
        text_.reserve(first_.size() + first_.size() / 16);
        for (std::size_t at = line_end + 1;;) {
            const std::size_t end = first_.find('\n', at);
            if (end == std::string_view::npos) return false;
            std::string_view line = first_.substr(at, end - at);
            // The next message, or a line that is quoted.
            if (line.starts_with("From ") || line.starts_with('>')) return false;
            if (line.ends_with('\r')) line.remove_suffix(1);
            text_ += line;
            text_ += "\r\n";
            at = end + 1;
            if (!line.empty()) continue;
            // In front of the next message it is no part of this one.
            const std::string_view next = first_.substr(at);
            return next.size() >= 5 && !next.starts_with("From ");
        }
    }

    Result<std::string_view> decode() {
        if (!decoder_) decoder_.emplace(begin_);
        while (!done_) {
            switch (decoder_->next()) {
                case MboxDecoder::Status::need_input:
                    if (eof_) return fail(Errc::io, what_ + ": the message ends too early");
                    if (auto fed = feed(); !fed) return tl::unexpected(fed.error());
                    break;
                case MboxDecoder::Status::begin:
                    break;
                case MboxDecoder::Status::text:
                    text_.clear();
                    mapper_.append(decoder_->text(), text_);
                    if (!text_.empty()) return std::string_view(text_);
                    break;
                case MboxDecoder::Status::end:
                    done_ = true;
                    break;
                case MboxDecoder::Status::foreign:
                    return fail(Errc::not_found, what_ + ": no message starts there");
            }
        }
        return std::string_view{};
    }

    Result<void> feed() {
        if (!first_.empty()) {
            offset_ = begin_ + first_.size();
            decoder_->feed(std::exchange(first_, {}));
            return {};
        }
        piece_.resize(kPiece);
        auto count = read_some_at(fd_->get(), piece_.data(), piece_.size(), offset_, what_);
        if (!count) return tl::unexpected(count.error());
        offset_ += *count;
        eof_ = *count == 0;
        if (eof_) {
            decoder_->feed_eof();
        } else {
            decoder_->feed(std::string_view(piece_).substr(0, *count));
        }
        return {};
    }

    std::shared_ptr<Fd> fd_;
    std::string what_;
    std::uint64_t begin_ = 0;
    std::uint64_t offset_ = 0;  // of what is read next
    std::string piece_;
    std::string_view first_;  // of piece_, from the From_ line on; until the decoder has it
    bool is_first_ = true;
    bool is_header_ = false;
    std::size_t skipped_ = 0;  // of what the decoder yields, as take_header() gave it already
    std::optional<MboxDecoder> decoder_;
    wire::LfToCrlf mapper_;
    std::string text_;
    bool eof_ = false;
    bool done_ = false;
};

class MboxReader : public MailboxReader {
 public:
    MboxReader(std::shared_ptr<Fd> fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Result<Entries> list() override {
        auto locked = lock_file(fd_->get(), false, kLockMilliseconds, path_);
        if (!locked) return tl::unexpected(locked.error());
        if (!*locked) return fail(Errc::temporary, path_ + ": is locked by another program; try again later");
        const ReadLock lock(fd_->get());
        auto entries = scan_mbox(fd_->get(), path_);
        if (entries) listed_ = *entries;
        return entries;
    }

    Result<std::unique_ptr<MessageReader>> open(const std::string& id) override { return open(id, nullptr); }

    Result<std::unique_ptr<MessageReader>> open_entry(const Entry& entry,
                                                      std::unique_ptr<MessageReader> spent) override {
        return open(entry.id, std::move(spent));
    }

    Result<std::uint64_t> size(const Entry& entry) override {
        if (entry.size) return *entry.size;
        auto message = open(entry.id);
        if (!message) return tl::unexpected(message.error());
        std::uint64_t size = 0;
        while (true) {
            auto text = (*message)->read();
            if (!text) return tl::unexpected(text.error());
            if (text->empty()) return size;
            size += text->size();
        }
    }

    Result<void> check_keywords(const Keywords& keywords) const override {
        for (const std::string& keyword : keywords) {
            if (has_status_letter(keyword)) continue;
            return fail(Errc::unsupported, path_ + ": an mbox cannot keep the flag \"" + keyword +
                                               "\"; it has $seen, $answered, $flagged, $draft and $deleted");
        }
        return {};
    }

    Result<std::vector<std::optional<Entry>>> set_flags(const std::vector<std::string>& ids,
                                                        const FlagChange& change) override {
        if (auto checked = check_keywords(change.add); !checked) return tl::unexpected(checked.error());
        return edit(ids, &change);
    }

    Result<void> remove(const std::vector<std::string>& ids) override {
        if (auto edited = edit(ids, nullptr); !edited) return tl::unexpected(edited.error());
        return {};
    }

    Result<std::optional<std::vector<std::string>>> move_to(const std::string& /*path*/,
                                                            const std::vector<std::string>& /*ids*/) override {
        return std::optional<std::vector<std::string>>{};
    }

 private:
    Result<std::unique_ptr<MessageReader>> open(const std::string& id, std::unique_ptr<MessageReader> spent) {
        const auto offset = ascii::parse_number(id);
        if (!offset || *offset > 0x7FFFFFFFFFFFFFFF - 8)
            return fail(Errc::not_found, path_ + ": no message " + id);
        if (!spent) spent = std::make_unique<MboxMessageReader>(fd_, path_);
        if (auto started = static_cast<MboxMessageReader&>(*spent).start(*offset); !started)
            return tl::unexpected(started.error());
        return spent;
    }

    // `change` nullptr: the messages are removed.
    Result<std::vector<std::optional<Entry>>> edit(const std::vector<std::string>& ids,
                                                   const FlagChange* change) {
        std::vector<MboxTarget> targets;
        targets.reserve(ids.size());
        for (const std::string& id : ids) {
            const auto offset = ascii::parse_number(id);
            const auto listed = listed_ ? listed_->find(id) : std::nullopt;
            targets.push_back({offset.value_or(0), listed ? std::optional(mark(*listed)) : std::nullopt});
        }
        auto edited = edit_mbox(path_, targets, change);
        if (!edited) return edited;
        Fd fd(open_at(AT_FDCWD, path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        if (!fd) return fail_errno(errno, path_);
        fd_ = std::make_shared<Fd>(std::move(fd));
        listed_.reset();
        return edited;
    }

    std::shared_ptr<Fd> fd_;
    std::string path_;
    std::optional<Entries> listed_;  // by the last list()
};

}  // namespace

Result<std::unique_ptr<MailboxReader>> open_mbox_reader(const std::string& path) {
    Fd fd(open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return fail_errno(errno, path);
    auto info = stat_fd(fd.get(), path);
    if (!info) return tl::unexpected(info.error());
    if (!S_ISREG(info->st_mode)) return fail(Errc::data, path + ": is not a regular file");
    return std::make_unique<MboxReader>(std::make_shared<Fd>(std::move(fd)), path);
}

}  // namespace mailpipe::store
