#include "mailpipe/app/list/candidate.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {
namespace {

// One octet more than the parser reads, so that it says that there is more.
constexpr std::size_t kMostHeader = limits::kHeaderSize + 1;

std::optional<std::int64_t> arrival(std::string_view header) {
    const mime::Header parsed = mime::parse_header(header);
    const auto seconds = [](std::string_view value) -> std::optional<std::int64_t> {
        const auto date = mime::parse_date(value);
        if (!date) return std::nullopt;
        return mime::epoch_seconds(*date);
    };
    if (const mime::Field* received = parsed.find("Received")) {
        const std::size_t semicolon = received->value.rfind(';');
        if (semicolon != std::string_view::npos) {
            if (const auto when = seconds(received->value.substr(semicolon + 1))) return when;
        }
    }
    const mime::Field* date = parsed.find_last("Date");
    return date == nullptr ? std::nullopt : seconds(date->value);
}

}  // namespace

bool HeaderCollector::append(std::string_view crlf_text) {
    if (complete_) return false;
    const std::size_t old_size = header_.size();
    header_ += crlf_text.substr(0, kMostHeader - old_size);
    const std::size_t from = old_size < 3 ? 0 : old_size - 3;
    std::size_t end = std::string::npos;
    if (header_.compare(0, 2, "\r\n") == 0) {
        end = 2;
    } else if (const std::size_t blank = header_.find("\r\n\r\n", from); blank != std::string::npos) {
        end = blank + 4;
    }
    if (end != std::string::npos) header_.resize(end);
    complete_ = end != std::string::npos || header_.size() == kMostHeader;
    return !complete_;
}

void Candidate::start_over() {
    has_header_ = false;
    // The memory of a header is worth keeping; that of a message can be large.
    header_.clear();
    if (std::exchange(has_message_, false)) message_ = {};
}

void Candidate::set_header(std::string header) {
    header_ = std::move(header);
    has_header_ = true;
}

void Candidate::set_message(std::string message) {
    message_ = std::move(message);
    has_message_ = true;
    context.size = message_.size();
    HeaderCollector collector;
    collector.append(message_);
    set_header(collector.take());
}

Fail Candidate::not_read(Need need) const {
    need_ = need;
    return fail(Errc::temporary, "not read yet");
}

Result<std::string_view> Candidate::header() {
    if (!has_header_) return not_read(Need::header);
    return std::string_view(header_);
}

Result<std::string_view> Candidate::message() {
    if (!has_message_) return not_read(Need::message);
    return std::string_view(message_);
}

Result<std::uint64_t> Candidate::size() {
    if (!context.size) return not_read(Need::size);
    return *context.size;
}

const std::vector<std::string>& Candidate::keywords() const {
    static const std::vector<std::string> kNone;
    return context.keywords ? *context.keywords : kNone;
}

std::time_t Candidate::received_at() const {
    if (context.received_at) return static_cast<std::time_t>(*context.received_at);
    if (is_dated_when_opened || !has_header_) {
        need_ = is_dated_when_opened ? Need::arrival : Need::header;
        return 0;
    }
    return static_cast<std::time_t>(arrival(header_).value_or(0));
}

Result<Candidate::Verdict> Candidate::judge(const email::Query& query, bool is_printed) {
    need_ = Need::nothing;
    if (query) {
        const auto matched = email::matches(query, *this);
        if (need_ != Need::nothing) return Verdict{false, need_};
        if (!matched) return tl::unexpected(matched.error());
        if (!*matched) return Verdict{};
    }
    if (!is_printed) return Verdict{true, Need::nothing};
    if (!has_header_) return Verdict{false, Need::header};
    if (!context.size) return Verdict{false, Need::size};
    if (is_dated_when_opened) return Verdict{false, Need::arrival};
    return Verdict{true, Need::nothing};
}

}  // namespace mailpipe::app
