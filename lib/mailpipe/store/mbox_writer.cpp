#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <map>
#include <memory>
#include <utility>

#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir_name.hpp"
#include "mailpipe/store/mbox.hpp"
#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/store/mbox_spool.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kHeld = 256 * 1024;

class MboxWriter : public MailboxWriter {
 public:
    explicit MboxWriter(MboxSpool spool) : spool_(std::move(spool)) {}
    ~MboxWriter() override {
        abandon();
        if (file_ && durable_count_ == 0) spool_.remove(segment_);
    }

    Result<void> begin() override {
        abandon();
        if (!file_) {
            if (auto created = create_segment(); !created) return created;
        }
        in_message_ = true;
        message_offset_ = segment_size();
        held_.append(kFromLineSize, ' ');
        mapper_ = {};
        quoter_ = {};
        last_ = '\n';
        crlf_octets_ = 0;
        return {};
    }

    Result<void> append(std::string_view crlf_text) override {
        crlf_octets_ += crlf_text.size();
        text_.clear();
        mapper_.append(crlf_text, text_);
        take_text();
        if (held_.size() < kHeld) return {};
        auto flushed = flush();
        if (!flushed) abandon();
        return flushed;
    }

    Result<Staged> finish(const Keywords& /*keywords*/, std::optional<std::time_t> received_at) override {
        text_.clear();
        mapper_.finish(text_);
        take_text();
        quoter_.finish(held_);
        const bool no_final_newline = last_ != '\n';
        held_ += no_final_newline ? "\n\n" : "\n";
        auto filled =
            fill_from_line(encode_from_line(received_at.value_or(std::time(nullptr)), no_final_newline));
        if (!filled) {
            abandon();
            return tl::unexpected(filled.error());
        }
        in_message_ = false;
        staged_.push_back({message_offset_, segment_size() - message_offset_});
        return Staged{encode_staged_id(segment_, staged_.back()), crlf_octets_};
    }

    void abandon() override {
        if (!in_message_) return;
        in_message_ = false;
        truncate(message_offset_);
    }

    Result<void> make_durable() override {
        if (staged_.size() == durable_count_) return {};
        auto done = flush();
        if (done) done = sync_file(file_.get(), spool_.path());
        if (done) done = spool_.sync();
        if (!done) {
            // A failed sync is reported once: what it was about never counts as durable.
            drop(durable_count_);
            return done;
        }
        durable_count_ = staged_.size();
        return {};
    }

    Result<std::vector<std::string>> publish() override {
        if (auto durable = make_durable(); !durable) return tl::unexpected(durable.error());
        if (staged_.empty()) return std::vector<std::string>{};
        auto mbox = spool_.lock();
        if (!mbox) return tl::unexpected(mbox.error());
        auto offsets = spool_.publish(*mbox, segment_, staged_);
        if (!offsets) return tl::unexpected(offsets.error());
        std::vector<std::string> ids;
        for (const auto offset : *offsets)
            ids.push_back(std::to_string(offset));
        published_.push_back(segment_);
        reset();
        return ids;
    }

    void discard() override {
        abandon();
        if (file_) spool_.remove(segment_);
        reset();
    }

    Result<void> settle() override {
        for (const auto& segment : published_)
            spool_.remove(segment + ".done");
        published_.clear();
        return {};
    }

    Result<std::vector<std::string>> recover(const std::vector<std::string>& staged_ids) override;

 private:
    Result<void> create_segment() {
        segment_ = names_.next();
        file_ = Fd(open_at(spool_.fd(), segment_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!file_) return fail_errno(errno, spool_.path(), true);
        return {};
    }

    std::uint64_t segment_size() const { return written_ + held_.size(); }

    void take_text() {
        if (text_.empty()) return;
        last_ = text_.back();
        quoter_.append(text_, held_);
    }

    // What is held stays held until all of it is written: it may contain whole messages.
    Result<void> flush() {
        if (::lseek(file_.get(), static_cast<off_t>(written_), SEEK_SET) < 0)
            return fail_errno(errno, spool_.path());
        if (auto written = write_fully(file_.get(), held_, spool_.path()); !written) return written;
        written_ += held_.size();
        held_.clear();
        return {};
    }

    Result<void> fill_from_line(const std::string& line) {
        if (message_offset_ >= written_) {
            held_.replace(message_offset_ - written_, line.size(), line);
            return {};
        }
        // begin() never splits the line: it is wholly written or wholly held.
        const ssize_t count =
            ::pwrite(file_.get(), line.data(), line.size(), static_cast<off_t>(message_offset_));
        if (count < 0) return fail_errno(errno, spool_.path());
        if (static_cast<std::size_t>(count) != line.size())
            return fail(Errc::io, spool_.path() + ": short write");
        return {};
    }

    void truncate(std::uint64_t size) {
        if (size >= written_) {
            held_.resize(size - written_);
            return;
        }
        held_.clear();
        written_ = size;
        // What would be left behind is overwritten or lies beyond every range.
        (void)!::ftruncate(file_.get(), static_cast<off_t>(size));
    }

    void drop(std::size_t from) {
        if (from >= staged_.size()) return;
        truncate(staged_[from].offset);
        staged_.resize(from);
    }

    void reset() {
        file_.reset();
        segment_.clear();
        staged_.clear();
        durable_count_ = 0;
        written_ = 0;
        held_.clear();
    }

    Result<std::string> place_in_mbox(const std::string& id) const;
    Result<bool> is_staged(const std::string& segment, const SegmentRange& range) const;

    MboxSpool spool_;
    MaildirNames names_;
    std::vector<std::string> published_;  // segments that settle() may forget

    std::string segment_;
    Fd file_;
    std::vector<SegmentRange> staged_;
    std::size_t durable_count_ = 0;  // of staged_
    std::uint64_t written_ = 0;      // octets of the segment in the file; held_ follows
    std::string held_;

    // The message begun.
    bool in_message_ = false;
    std::uint64_t message_offset_ = 0;
    std::uint64_t crlf_octets_ = 0;
    char last_ = '\n';
    std::string text_;
    wire::CrlfToLf mapper_;
    FromQuoter quoter_;
};

Result<bool> MboxWriter::is_staged(const std::string& segment, const SegmentRange& range) const {
    auto file = open_regular_at(spool_.fd(), segment, spool_.path());
    if (!file && file.error().kind == Errc::not_found) return false;
    if (!file) return tl::unexpected(file.error());
    auto info = stat_fd(file->get(), spool_.path());
    if (!info) return tl::unexpected(info.error());
    const auto size = static_cast<std::uint64_t>(info->st_size);
    if (range.offset > size || range.length > size - range.offset) return false;
    auto start = read_range(file->get(), range.offset, 5, spool_.path());
    if (!start) return tl::unexpected(start.error());
    return *start == "From ";
}

Result<std::vector<std::string>> MboxWriter::recover(const std::vector<std::string>& staged_ids) {
    auto mbox = spool_.lock();
    if (!mbox) return tl::unexpected(mbox.error());
    std::vector<std::string> segments;  // in the order of arrival
    std::map<std::string, std::vector<SegmentRange>> unpublished;
    for (const auto& id : staged_ids) {
        const auto staged = parse_staged_id(id);
        if (!staged) continue;
        if (segments.empty() || segments.back() != staged->segment) segments.push_back(staged->segment);
        auto done = spool_.published(staged->segment);
        if (!done) return tl::unexpected(done.error());
        if (*done) continue;
        auto is_there = is_staged(staged->segment, staged->range);
        if (!is_there) return tl::unexpected(is_there.error());
        if (*is_there) unpublished[staged->segment].push_back(staged->range);
    }
    for (const auto& segment : segments) {
        const auto ranges = unpublished.extract(segment);
        if (!ranges.empty()) {
            auto published = spool_.publish(*mbox, segment, ranges.mapped());
            if (!published) return tl::unexpected(published.error());
        }
        published_.push_back(segment);
    }
    std::vector<std::string> entries;
    for (const auto& id : staged_ids) {
        auto entry = place_in_mbox(id);
        if (!entry) return tl::unexpected(entry.error());
        entries.push_back(std::move(*entry));
    }
    spool_.remove_stale(segments);
    return entries;
}

// Empty when it is not published.
Result<std::string> MboxWriter::place_in_mbox(const std::string& id) const {
    const auto staged = parse_staged_id(id);
    if (!staged) return std::string{};
    auto done = spool_.published(staged->segment);
    if (!done) return tl::unexpected(done.error());
    const auto place = *done ? place_of(**done, staged->range) : std::nullopt;
    return place ? std::to_string(*place) : std::string{};
}

}  // namespace

Result<std::unique_ptr<MailboxWriter>> open_mbox_writer(const std::string& path) {
    auto spool = MboxSpool::open(path);
    if (!spool) return tl::unexpected(spool.error());
    // Tells now, not after the first group, that nothing can be delivered there.
    auto mbox = spool->lock();
    if (!mbox) return tl::unexpected(mbox.error());
    return std::make_unique<MboxWriter>(std::move(*spool));
}

}  // namespace mailpipe::store
