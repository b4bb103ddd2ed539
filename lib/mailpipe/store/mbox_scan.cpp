#include "mailpipe/store/mbox_scan.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <future>
#include <thread>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mbox_status.hpp"

namespace mailpipe::store {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // stays in the cache between the copy and the look
constexpr std::size_t kHeaderLineKept = 200;

class MboxTable : public Entries::Table {
 public:
    explicit MboxTable(std::vector<MboxScanner::Message> messages) : messages_(std::move(messages)) {}
    std::size_t size() const override { return messages_.size(); }
    Entry entry(std::size_t index) const override {
        const MboxScanner::Message& message = messages_[index];
        return {std::to_string(message.offset), keywords_of(message.status), message.size, message.received_at};
    }
    std::optional<std::size_t> find(std::string_view id) const override {
        const auto offset = ascii::parse_number(id);
        const auto found = std::lower_bound(
            messages_.begin(), messages_.end(), offset.value_or(0),
            [](const MboxScanner::Message& message, std::uint64_t value) { return message.offset < value; });
        if (!offset || found == messages_.end() || found->offset != *offset) return std::nullopt;
        return static_cast<std::size_t>(found - messages_.begin());
    }

 private:
    std::vector<MboxScanner::Message> messages_;
};

}  // namespace

void MboxScanner::take(std::string_view& input, std::size_t count) {
    input.remove_prefix(count);
    offset_ += count;
}

bool MboxScanner::feed(std::string_view octets) {
    while (!octets.empty()) {
        switch (state_) {
            case State::line_start:
                if (!at_line_start(octets)) return false;
                break;
            case State::in_line:
                in_line(octets);
                break;
            case State::from_line:
                in_from_line(octets);
                break;
            case State::done:
                return true;
        }
    }
    return true;
}

bool MboxScanner::at_line_start(std::string_view& input) {
    std::string_view rest = input;
    const auto verdict = start_.next(rest);
    take(input, input.size() - rest.size());
    if (verdict == FromLineStart::Verdict::undecided) return true;
    const std::uint64_t quotes = start_.quotes();
    const std::uint64_t consumed = start_.consumed();
    const std::string start = start_.take(0);
    if (verdict == FromLineStart::Verdict::from && quotes == 0) {
        if (in_message_) end_message(offset_ - consumed);
        if (offset_ - consumed >= stop_) {
            state_ = State::done;
            return true;
        }
        message_ = {offset_ - consumed};
        from_line_ = start;
        state_ = State::from_line;
        return true;
    }
    if (!in_message_) return false;
    if (verdict == FromLineStart::Verdict::from) ++quotes_;
    if (in_header_) header_line_ = start.substr(0, kHeaderLineKept);
    line_ = {consumed, false};
    state_ = State::in_line;
    return true;
}

void MboxScanner::in_line(std::string_view& input) {
    std::size_t at = 0;
    while (true) {
        const std::size_t end = input.find('\n', at);
        const std::string_view text = input.substr(at, end == std::string_view::npos ? end : end - at);
        if (in_header_) header_line_ += text.substr(0, kHeaderLineKept - header_line_.size());
        line_.size += text.size();
        if (!text.empty()) line_.after_cr = text.back() == '\r';
        if (end == std::string_view::npos) return take(input, input.size());
        ++line_.size;
        if (!line_.after_cr) ++bare_lf_;
        if (in_header_) header_line();
        previous_ = last_;
        last_ = line_;
        line_ = {};
        at = end + 1;
        // Nearly all lines are known here not to be From_ lines, quoted or not.
        if (at == input.size() || input[at] == 'F' || input[at] == '>') break;
    }
    take(input, at);
    state_ = State::line_start;
}

void MboxScanner::in_from_line(std::string_view& input) {
    constexpr std::size_t kFromLineKept = 1000;
    const std::size_t end = input.find('\n');
    const std::string_view piece = input.substr(0, end);
    from_line_ += piece.substr(0, kFromLineKept - std::min(kFromLineKept, from_line_.size()));
    take(input, end == std::string_view::npos ? piece.size() : end + 1);
    if (end != std::string_view::npos) begin_message();
}

void MboxScanner::begin_message() {
    message_.received_at = parse_from_date(from_line_);
    in_message_ = true;
    text_begin_ = offset_;
    bare_lf_ = 0;
    quotes_ = 0;
    line_ = last_ = previous_ = {};
    in_header_ = true;
    header_line_.clear();
    state_ = State::line_start;
}

void MboxScanner::header_line() {
    const std::string_view line = header_line_;
    if (ascii::trim(line).empty()) {
        in_header_ = false;
    } else {
        for (const std::string_view name : {std::string_view("Status:"), std::string_view("X-Status:")}) {
            if (ascii::starts_with_ignore_case(line, name))
                message_.status |= status_set(line.substr(name.size()));
        }
    }
    header_line_.clear();
}

// As MboxDecoder: the empty line before the next message is no part of this one, nor is an LF that was added.
void MboxScanner::end_message(std::uint64_t end) {
    if (in_header_) header_line();
    std::uint64_t size = end - text_begin_ - quotes_ + bare_lf_;
    Line last = last_;
    const bool ends_with_lf = line_.size == 0 && start_.consumed() == 0;
    if (ends_with_lf && last.size == (last.after_cr ? 2U : 1U)) {
        size -= 2;  // as CRLF octets it is
        last = previous_;
    }
    const bool was_added = ends_with_lf && is_without_final_newline(from_line_);
    if (was_added && last.size > 0) size -= last.after_cr ? 1 : 2;
    message_.size = size;
    messages_.push_back(message_);
    in_message_ = false;
}

bool MboxScanner::finish() {
    if (is_done()) return true;
    if (state_ == State::from_line) begin_message();
    if (!in_message_) return start_.consumed() == 0;
    end_message(offset_);
    return true;
}

namespace {

// Of the file from `begin` to before `end`. false: what stands at the start of the file is no From_ line.
struct PartOfFile {
    std::uint64_t begin = 0;
    std::uint64_t end = UINT64_MAX;
    std::vector<MboxScanner::Message> messages = {};
    bool is_mbox = true;
};

// Where the first From_ line in the part begins; its end where there is none.
Result<std::uint64_t> find_from_line(int fd, const PartOfFile& part, std::string& piece,
                                     const std::string& path) {
    constexpr std::string_view kStart = "\nFrom ";
    if (part.begin == 0) return 0;
    std::uint64_t offset = part.begin - 1;
    while (offset + 1 < part.end) {
        const auto count = read_at(fd, piece.data(), piece.size(), offset, path);
        if (!count) return tl::unexpected(count.error());
        const std::size_t found = std::string_view(piece).substr(0, *count).find(kStart);
        if (found != std::string_view::npos) return std::min(offset + found + 1, part.end);
        if (*count < kStart.size()) break;
        offset += *count - (kStart.size() - 1);
    }
    return part.end;
}

Result<PartOfFile> scan_part(int fd, PartOfFile part, const std::string& path) {
    std::string piece(kPiece, '\0');
    const auto start = find_from_line(fd, part, piece, path);
    if (!start) return tl::unexpected(start.error());
    if (*start == part.end) return part;
    std::uint64_t offset = *start;
    MboxScanner scanner(offset, part.end);
    while (part.is_mbox && !scanner.is_done()) {
        const auto count = read_some_at(fd, piece.data(), piece.size(), offset, path);
        if (!count) return tl::unexpected(count.error());
        offset += *count;
        if (*count == 0) {
            part.is_mbox = scanner.finish();
            break;
        }
        part.is_mbox = scanner.feed(std::string_view(piece).substr(0, *count));
    }
    part.messages = scanner.take();
    return part;
}

// Each part begins with the first message that begins in it, and goes on to where the next one does. A line that begins
// with "From " is the start of a message whatever stands before it, so that nothing else has to be known of the parts
// before.
std::vector<PartOfFile> divide(std::uint64_t size, std::uint64_t part_size) {
    constexpr std::uint64_t kMostParts = 8;  // the memory is as fast as that
    const std::uint64_t cores = std::clamp<std::uint64_t>(std::thread::hardware_concurrency(), 1, kMostParts);
    const std::uint64_t count = std::clamp<std::uint64_t>(size / part_size, 1, cores);
    std::vector<PartOfFile> parts(count);
    for (std::uint64_t i = 1; i < count; ++i)
        parts[i - 1].end = parts[i].begin = size / count * i;
    return parts;
}

// Threads take no signals.
class NoSignals {
 public:
    NoSignals() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;
    ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
    sigset_t before_{};
};

}  // namespace

Result<Entries> scan_mbox(int fd, const std::string& path, std::uint64_t part_size) {
    const auto info = stat_fd(fd, path);
    if (!info) return tl::unexpected(info.error());
    std::vector<PartOfFile> parts = divide(static_cast<std::uint64_t>(info->st_size), part_size);
    std::vector<std::future<Result<PartOfFile>>> others;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const NoSignals blocked;
        // Here and later where no more threads are to be had.
        others.push_back(std::async(std::launch::async | std::launch::deferred,
                                    [&, i] { return scan_part(fd, std::move(parts[i]), path); }));
    }
    auto first = scan_part(fd, std::move(parts[0]), path);
    if (!first) return tl::unexpected(first.error());
    std::vector<MboxScanner::Message> messages = std::move(first->messages);
    for (auto& other : others) {
        const auto part = other.get();
        if (!part) return tl::unexpected(part.error());
        messages.insert(messages.end(), part->messages.begin(), part->messages.end());
    }
    if (!first->is_mbox) return fail(Errc::data, path + ": is not an mbox: it does not begin with \"From \"");
    return Entries(std::make_shared<MboxTable>(std::move(messages)));
}

}  // namespace mailpipe::store
