#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mbox.hpp"
#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kScanPiece = 1 << 20;
constexpr std::size_t kPiece = 32 * 1024 - 8;  // with what the decoder holds back it maps to at most 64 KiB
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
    MboxMessageReader(std::shared_ptr<Fd> fd, std::uint64_t offset, std::string what)
        : fd_(std::move(fd)), offset_(offset), what_(std::move(what)), decoder_(offset) {}

    Result<std::string_view> read() override {
        while (!done_) {
            switch (decoder_.next()) {
                case MboxDecoder::Status::need_input:
                    if (eof_) return fail(Errc::io, what_ + ": the message ends too early");
                    if (auto fed = feed(); !fed) return tl::unexpected(fed.error());
                    break;
                case MboxDecoder::Status::begin:
                    break;
                case MboxDecoder::Status::text:
                    text_.clear();
                    mapper_.append(decoder_.text(), text_);
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

 private:
    Result<void> feed() {
        piece_.resize(kPiece);
        auto count = read_at(fd_->get(), piece_.data(), piece_.size(), offset_, what_);
        if (!count) return tl::unexpected(count.error());
        offset_ += *count;
        eof_ = *count == 0;
        if (eof_) {
            decoder_.feed_eof();
        } else {
            decoder_.feed(std::string_view(piece_).substr(0, *count));
        }
        return {};
    }

    std::shared_ptr<Fd> fd_;
    std::uint64_t offset_;
    std::string what_;
    MboxDecoder decoder_;
    wire::LfToCrlf mapper_;
    std::string piece_;
    std::string text_;
    bool eof_ = false;
    bool done_ = false;
};

class MboxReader : public MailboxReader {
 public:
    MboxReader(std::shared_ptr<Fd> fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Result<std::vector<Entry>> list() override {
        auto locked = lock_file(fd_->get(), false, kLockMilliseconds, path_);
        if (!locked) return tl::unexpected(locked.error());
        if (!*locked) return fail(Errc::temporary, path_ + ": is locked by another program; try again later");
        const ReadLock lock(fd_->get());
        std::vector<Entry> entries;
        MboxDecoder decoder(0);
        MboxMessageScan scan;
        std::string piece(kScanPiece, '\0');
        std::uint64_t offset = 0;
        bool eof = false;
        while (true) {
            switch (decoder.next()) {
                case MboxDecoder::Status::need_input: {
                    if (eof) return entries;
                    auto count = read_at(fd_->get(), piece.data(), piece.size(), offset, path_);
                    if (!count) return tl::unexpected(count.error());
                    offset += *count;
                    eof = *count == 0;
                    if (eof) decoder.feed_eof();
                    if (!eof) decoder.feed(std::string_view(piece).substr(0, *count));
                    break;
                }
                case MboxDecoder::Status::begin:
                    scan = {};
                    break;
                case MboxDecoder::Status::text:
                    scan.append(decoder.text());
                    break;
                case MboxDecoder::Status::end: {
                    const auto& message = decoder.message();
                    entries.push_back({std::to_string(message.offset), scan.keywords(), scan.crlf_size(),
                                       parse_from_date(message.from_line)});
                    break;
                }
                case MboxDecoder::Status::foreign:
                    return fail(Errc::data, path_ + ": is not an mbox: it does not begin with \"From \"");
            }
        }
    }

    Result<std::unique_ptr<MessageReader>> open(const std::string& id) override {
        const auto offset = ascii::parse_number(id);
        if (!offset || *offset > 0x7FFFFFFFFFFFFFFF - 8)
            return fail(Errc::not_found, path_ + ": no message " + id);
        const std::uint64_t from = *offset == 0 ? 0 : *offset - 1;
        auto start = read_range(fd_->get(), from, *offset - from + 5, path_);
        if (!start) return tl::unexpected(start.error());
        if (*start != (*offset == 0 ? "From " : "\nFrom ")) {
            return fail(Errc::not_found, path_ + ": no message starts at offset " + id);
        }
        return std::make_unique<MboxMessageReader>(fd_, *offset, path_);
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

    Result<void> remove(const std::vector<std::string>& /*ids*/) override {
        return fail(Errc::unsupported, path_ + ": messages cannot be removed from an mbox; use a Maildir");
    }

 private:
    std::shared_ptr<Fd> fd_;
    std::string path_;
};

}  // namespace

Result<std::unique_ptr<MailboxReader>> open_mbox_reader(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return fail_errno(errno, path);
    auto info = stat_fd(fd.get(), path);
    if (!info) return tl::unexpected(info.error());
    if (!S_ISREG(info->st_mode)) return fail(Errc::data, path + ": is not a regular file");
    return std::make_unique<MboxReader>(std::make_shared<Fd>(std::move(fd)), path);
}

}  // namespace mailpipe::store
