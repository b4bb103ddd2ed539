#include "mailpipe/app/outgoing_text.hpp"

#include <algorithm>

namespace mailpipe::app {

void OutgoingText::clear() {
    check_ = TextCheck(use_);
    spool_.clear();
    header_.clear();
    left_out_.clear();
    before_.clear();
    rewind();
}

Result<void> OutgoingText::append(std::string_view crlf_text) {
    // What cannot be sent need not be kept.
    if (check_.problem()) return {};
    check_.append(crlf_text);
    header_.append(crlf_text);
    return spool_.append(crlf_text);
}

Result<void> OutgoingText::finish() {
    check_.finish();
    if (check_.problem()) return fail(Errc::data, *check_.problem());
    // The last line of a file often has no end; octets have none.
    if (spool_.size() == 0 || check_.ends_in_line_end() || check_.is_binary()) return {};
    header_.append("\r\n");
    return spool_.append("\r\n");
}

void OutgoingText::leave_out(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
    left_out_ = std::move(ranges);
}

std::uint64_t OutgoingText::size() const {
    std::uint64_t size = before_.size() + spool_.size();
    for (const auto& range : left_out_)
        size -= range.second;
    return size;
}

Result<std::string_view> OutgoingText::read() {
    if (!before_read_) {
        before_read_ = true;
        if (!before_.empty()) return std::string_view(before_);
    }
    std::uint64_t end = spool_.size();
    for (const auto& range : left_out_) {
        if (offset_ == range.first) offset_ += range.second;
        if (offset_ < range.first) {
            end = range.first;
            break;
        }
    }
    if (offset_ >= spool_.size()) return std::string_view();
    auto piece = spool_.read(offset_);
    if (!piece) return piece;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece->size(), end - offset_));
    offset_ += length;
    return piece->substr(0, length);
}

}  // namespace mailpipe::app
