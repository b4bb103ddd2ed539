#include "mailpipe/store/mbox_format.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::store {
namespace {

constexpr std::string_view kFrom = "From ";
constexpr std::size_t kTail = 4;  // LF, CR, LF of an empty line and the LF that was added
constexpr std::size_t kFromLineKept = 1000;
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string two_digits(int value, char fill) {
    std::string text = std::to_string(value);
    return text.size() < 2 ? fill + text : text;
}

std::optional<int> number_below(std::string_view text, std::uint64_t bound) {
    const auto value = ascii::parse_number(text);
    if (!value || *value >= bound) return std::nullopt;
    return static_cast<int>(*value);
}

// "12:34:56" or "12:34"
bool parse_clock(std::string_view text, struct tm& when) {
    const auto parts = ascii::split(text, ':');
    if (parts.size() != 2 && parts.size() != 3) return false;
    const auto hour = number_below(parts[0], 24);
    const auto minute = number_below(parts[1], 60);
    const auto second = parts.size() == 3 ? number_below(parts[2], 61) : std::optional<int>(0);
    if (!hour || !minute || !second) return false;
    when.tm_hour = *hour;
    when.tm_min = *minute;
    when.tm_sec = *second;
    return true;
}

}  // namespace

std::string encode_from_line(std::time_t received_at, bool no_final_newline) {
    struct tm when {};
    constexpr std::time_t kLast = 253402300799;  // of the year 9999
    const std::time_t clamped = std::clamp<std::time_t>(received_at, 0, kLast);
    ::gmtime_r(&clamped, &when);
    std::string line(kFrom);
    line += no_final_newline ? kNoFinalNewline : "MAILER-DAEMON";
    line += ' ';
    line += kDays[static_cast<std::size_t>(when.tm_wday)];
    line += ' ';
    line += kMonths[static_cast<std::size_t>(when.tm_mon)];
    line += ' ' + two_digits(when.tm_mday, ' ') + ' ' + two_digits(when.tm_hour, '0') + ':' +
            two_digits(when.tm_min, '0') + ':' + two_digits(when.tm_sec, '0') + ' ' +
            std::to_string(when.tm_year + 1900) + '\n';
    return line;
}

bool is_without_final_newline(std::string_view from_line) {
    return from_line.substr(kFrom.size()).starts_with(kNoFinalNewline);
}

// Www Mmm dd hh:mm[:ss] [zone] yyyy, wherever it stands: senders have contained spaces. A zone is not believed.
std::time_t parse_from_date(std::string_view line) {
    const auto words = ascii::split_words(line);
    for (std::size_t i = 0; i + 4 < words.size(); ++i) {
        const auto* month = std::find(kMonths.begin(), kMonths.end(), words[i + 1]);
        if (month == kMonths.end() || std::find(kDays.begin(), kDays.end(), words[i]) == kDays.end()) continue;
        struct tm when {};
        const auto day = number_below(words[i + 2], 32);
        auto year = number_below(words[i + 4], 10000);
        if (!year && i + 5 < words.size()) year = number_below(words[i + 5], 10000);
        if (!day || !year || *year < 1970 || !parse_clock(words[i + 3], when)) continue;
        when.tm_mon = static_cast<int>(month - kMonths.begin());
        when.tm_mday = *day;
        when.tm_year = *year - 1900;
        return ::timegm(&when);
    }
    return 0;
}

FromLineStart::Verdict FromLineStart::next(std::string_view& input) {
    while (!input.empty()) {
        if (matched_ == 0 && input[0] == '>') {
            ++quotes_;
        } else if (input[0] == kFrom[matched_]) {
            ++matched_;
        } else {
            return Verdict::plain;
        }
        input.remove_prefix(1);
        if (matched_ == kFrom.size()) return Verdict::from;
    }
    return Verdict::undecided;
}

std::string FromLineStart::take(int quotes_more) {
    std::string text(quotes_ + static_cast<std::uint64_t>(quotes_more), '>');
    text += kFrom.substr(0, matched_);
    quotes_ = 0;
    matched_ = 0;
    return text;
}

void FromQuoter::append(std::string_view lf_text, std::string& out) {
    while (!lf_text.empty()) {
        if (at_line_start_) {
            const auto verdict = start_.next(lf_text);
            if (verdict == FromLineStart::Verdict::undecided) return;
            out += start_.take(verdict == FromLineStart::Verdict::from ? 1 : 0);
            at_line_start_ = false;
        }
        const std::size_t end = lf_text.find('\n');
        const std::string_view line = lf_text.substr(0, end == std::string_view::npos ? end : end + 1);
        out += line;
        lf_text.remove_prefix(line.size());
        at_line_start_ = end != std::string_view::npos;
    }
}

void FromQuoter::finish(std::string& out) {
    out += start_.take(0);
    at_line_start_ = true;
}

void MboxDecoder::feed(std::string_view octets) {
    input_ = octets;
}

void MboxDecoder::take(std::size_t count) {
    input_.remove_prefix(count);
    offset_ += count;
}

MboxDecoder::Status MboxDecoder::next() {
    text_.swap(tail_);
    tail_.clear();
    while (true) {
        std::optional<Status> status;
        switch (state_) {
            case State::line_start:
                status = at_line_start();
                break;
            case State::in_line:
                status = in_line();
                break;
            case State::from_line:
                status = in_from_line();
                break;
            case State::ended:
                state_ = another_follows_ ? State::from_start : State::finished;
                in_message_ = false;
                return Status::end;
            case State::from_start:
                message_ = {from_offset_, from_offset_, std::string(kFrom)};
                state_ = State::from_line;
                break;
            case State::finished:
                return Status::need_input;
        }
        if (status) return *status;
    }
}

std::optional<MboxDecoder::Status> MboxDecoder::at_line_start() {
    const std::uint64_t line_offset = offset_ - start_.consumed();
    std::string_view rest = input_;
    const auto verdict = start_.next(rest);
    take(input_.size() - rest.size());
    if (verdict == FromLineStart::Verdict::undecided && !eof_) return await_input();
    if (verdict == FromLineStart::Verdict::from && start_.quotes() == 0) {
        start_.take(0);
        from_offset_ = line_offset;
        another_follows_ = true;
        if (in_message_) return end_text();
        state_ = State::from_start;
        return std::nullopt;
    }
    if (!in_message_) {
        const bool nothing = verdict == FromLineStart::Verdict::undecided && start_.consumed() == 0;
        state_ = State::finished;
        return nothing ? Status::need_input : Status::foreign;
    }
    text_ += start_.take(verdict == FromLineStart::Verdict::from ? -1 : 0);
    state_ = State::in_line;
    return std::nullopt;
}

std::optional<MboxDecoder::Status> MboxDecoder::in_line() {
    if (input_.empty()) return await_input();
    const std::size_t end = input_.find('\n');
    const std::size_t count = end == std::string_view::npos ? input_.size() : end + 1;
    text_ += input_.substr(0, count);
    take(count);
    if (end != std::string_view::npos) state_ = State::line_start;
    return std::nullopt;
}

std::optional<MboxDecoder::Status> MboxDecoder::in_from_line() {
    const std::size_t end = input_.find('\n');
    const std::string_view piece = input_.substr(0, end);
    const std::size_t room = kFromLineKept - std::min(kFromLineKept, message_.from_line.size());
    message_.from_line += piece.substr(0, room);
    take(end == std::string_view::npos ? piece.size() : end + 1);
    if (end == std::string_view::npos && !eof_) return await_input();
    in_message_ = true;
    released_ = false;
    state_ = State::line_start;
    return Status::begin;
}

// All input is consumed: hands out what is surely text, or asks for more.
std::optional<MboxDecoder::Status> MboxDecoder::await_input() {
    if (eof_ && in_message_) {
        another_follows_ = false;
        return end_text();
    }
    if (text_.size() <= kTail) {
        tail_.swap(text_);
        return Status::need_input;
    }
    tail_ = text_.substr(text_.size() - kTail);
    text_.resize(text_.size() - kTail);
    released_ = true;
    return Status::text;
}

MboxDecoder::Status MboxDecoder::end_text() {
    const std::string_view text = text_;
    std::size_t dropped = 0;
    for (const std::string_view line_end : {std::string_view("\n"), std::string_view("\r\n")}) {
        if (!text.ends_with(line_end)) continue;
        const std::string_view before = text.substr(0, text.size() - line_end.size());
        if (before.ends_with('\n') || (before.empty() && !released_)) {
            dropped = line_end.size();
            break;
        }
    }
    text_.resize(text.size() - dropped);
    if (is_without_final_newline(message_.from_line) && text_.ends_with('\n')) text_.pop_back();
    message_.end = another_follows_ ? from_offset_ : offset_;
    state_ = State::ended;
    return Status::text;
}

}  // namespace mailpipe::store
