#include "mailpipe/store/mbox_edit.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/store/mbox_scan.hpp"
#include "mailpipe/store/mbox_spool.hpp"
#include "mailpipe/store/mbox_status.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kHeaderPiece = 16 * 1024;

// Where the header in `text` ends: at an empty line, or at the end of all. nullopt: not yet.
std::optional<std::size_t> header_end(std::string_view text, bool is_all) {
    for (std::size_t line = 0; line < text.size();) {
        const std::size_t end = text.find('\n', line);
        if (end == std::string_view::npos) break;
        if (end == line || (end == line + 1 && text[line] == '\r')) return line;
        line = end + 1;
    }
    return is_all ? std::optional(text.size()) : std::nullopt;
}

class MboxEditor {
 public:
    MboxEditor(LockedMbox& mbox, const std::string& path, const FlagChange* change)
        : mbox_(mbox), path_(path), change_(change) {}

    Result<void> scan(const std::vector<MboxTarget>& targets) {
        auto entries = scan_mbox(mbox_.fd(), path_);
        if (!entries) return tl::unexpected(entries.error());
        for (Entry entry : *entries)
            entries_.push_back(std::move(entry));
        auto info = stat_fd(mbox_.fd(), path_);
        if (!info) return tl::unexpected(info.error());
        for (const Entry& entry : entries_)
            begins_.push_back(ascii::parse_number(entry.id).value_or(0));
        begins_.push_back(static_cast<std::uint64_t>(info->st_size));
        meant_.resize(entries_.size());
        for (const MboxTarget& target : targets) {
            const auto index = index_of(target);
            indexes_.push_back(index);
            if (!index || (change_ != nullptr && is_already(entries_[*index].keywords))) continue;
            meant_[*index] = true;
            any_meant_ = true;
        }
        return {};
    }

    bool is_needed() const { return any_meant_; }

    // The whole mbox, changed.
    Result<void> write(int out) {
        std::size_t kept_from = 0;  // messages from here on are to be copied as they are
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (!meant_[i]) {
                place(i);
                continue;
            }
            if (auto copied = copy(kept_from, i, out); !copied) return copied;
            kept_from = i + 1;
            if (change_ == nullptr) continue;
            if (auto written = write_changed(i, out); !written) return written;
        }
        return copy(kept_from, entries_.size(), out);
    }

    std::vector<std::optional<Entry>> results() const {
        std::vector<std::optional<Entry>> out;
        for (const auto& index : indexes_)
            out.push_back(index ? std::optional(entries_[*index]) : std::nullopt);
        return out;
    }

 private:
    std::optional<std::size_t> index_of(const MboxTarget& target) const {
        const auto found = std::lower_bound(begins_.begin(), begins_.end() - 1, target.offset);
        if (found == begins_.end() - 1 || *found != target.offset) return std::nullopt;
        const auto index = static_cast<std::size_t>(found - begins_.begin());
        const Entry& entry = entries_[index];
        return target.mark == mark(entry) ? std::optional(index) : std::nullopt;
    }

    bool is_already(const Keywords& keywords) const {
        const auto has = [&keywords](const std::string& keyword) {
            return std::find(keywords.begin(), keywords.end(), keyword) != keywords.end();
        };
        return std::none_of(change_->remove.begin(), change_->remove.end(), has) &&
               std::all_of(change_->add.begin(), change_->add.end(), has);
    }

    // That message `index` begins where the output ends.
    void place(std::size_t index) {
        entries_[index].id = std::to_string(written_);
        written_ += begins_[index + 1] - begins_[index];
    }

    Result<void> copy(std::size_t from, std::size_t to, int out) {
        return copy_range(mbox_.fd(), begins_[from], begins_[to], out, path_);
    }

    Result<void> write_changed(std::size_t index, int out) {
        const std::uint64_t begin = begins_[index];
        const std::uint64_t end = begins_[index + 1];
        std::string text;
        std::optional<std::size_t> from_line;
        std::optional<std::size_t> header;
        while (!header) {
            const std::uint64_t at = begin + text.size();
            auto piece = read_range(mbox_.fd(), at,
                                    std::min<std::uint64_t>(text.size() + kHeaderPiece, end - at), path_);
            if (!piece) return tl::unexpected(piece.error());
            text += *piece;
            const bool is_all = begin + text.size() >= end;
            const std::size_t line_end = text.find('\n');
            if (!from_line && line_end != std::string::npos) from_line = line_end + 1;
            if (!from_line && is_all) from_line = text.size();
            if (from_line) header = header_end(std::string_view(text).substr(*from_line), is_all);
            if (header.value_or(text.size()) > limits::kHeaderSize) {
                return fail(Errc::limit, path_ + ": the header of the message at offset " +
                                             std::to_string(begin) + " is longer than kHeaderSize (" +
                                             std::to_string(limits::kHeaderSize) + " octets)");
            }
        }
        StatusHeader changed = change_status(std::string_view(text).substr(*from_line, *header), *change_);
        const std::string head = text.substr(0, *from_line) + changed.text;
        if (auto written = write_fully(out, head, path_); !written) return written;
        const std::uint64_t rest = begin + *from_line + *header;
        if (auto copied = copy_range(mbox_.fd(), rest, end, out, path_); !copied) return copied;
        Entry& entry = entries_[index];
        entry.id = std::to_string(written_);
        entry.keywords = std::move(changed.keywords);
        entry.size.reset();
        written_ += head.size() + (end - rest);
        return {};
    }

    LockedMbox& mbox_;
    const std::string& path_;
    const FlagChange* change_;
    std::vector<Entry> entries_;
    std::vector<std::uint64_t> begins_;  // of each entry; then the size of the mbox
    std::vector<bool> meant_;            // each of entries_
    bool any_meant_ = false;
    std::vector<std::optional<std::size_t>> indexes_;  // of each target in entries_
    std::uint64_t written_ = 0;
};

}  // namespace

MboxMessageMark mark(const Entry& entry) {
    return {entry.size.value_or(0), entry.received_at.value_or(0)};
}

Result<std::vector<std::optional<Entry>>> edit_mbox(const std::string& path,
                                                    const std::vector<MboxTarget>& targets,
                                                    const FlagChange* change) {
    // The file that a symbolic link names is replaced, not the link; and a missing one is not made.
    std::error_code error;
    const std::string real = std::filesystem::canonical(path, error).string();
    if (error) return fail_errno(error.value(), path);
    auto spool = MboxSpool::open(real);
    if (!spool) return tl::unexpected(spool.error());
    auto mbox = spool->lock();
    if (!mbox) return tl::unexpected(mbox.error());
    MboxEditor editor(*mbox, path, change);
    if (auto scanned = editor.scan(targets); !scanned) return tl::unexpected(scanned.error());
    if (!editor.is_needed()) return editor.results();
    auto file = spool->begin_rewrite(*mbox);
    if (!file) return tl::unexpected(file.error());
    if (auto written = editor.write(file->get()); !written) return tl::unexpected(written.error());
    if (auto finished = spool->finish_rewrite(*mbox, std::move(*file)); !finished) {
        return tl::unexpected(finished.error());
    }
    return editor.results();
}

}  // namespace mailpipe::store
