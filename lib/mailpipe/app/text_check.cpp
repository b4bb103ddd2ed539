#include "mailpipe/app/text_check.hpp"

#include "mailpipe/base/limits.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {

namespace {

constexpr std::string_view kMend = "mend it with --repair";

}  // namespace

void TextCheck::report(std::string_view what, std::string_view advice) {
    if (problem_) return;
    if (use_ == TextUse::binary) return void(is_binary_ = true);
    problem_ = "line " + std::to_string(line_) + " " + std::string(what);
    *problem_ += use_ != TextUse::relay ? "; " + std::string(advice) : std::string(", which SMTP forbids");
}

void TextCheck::append_to_line(std::string_view part, bool is_clean) {
    if (part.empty()) return;
    if (after_cr_) {
        report("has a bare CR", kMend);
        ++line_length_;
    }
    after_cr_ = part.back() == '\r';
    if (after_cr_) part.remove_suffix(1);
    if (!is_clean && part.find('\0') != std::string_view::npos)
        report("contains a NUL", "no mail server takes it; remove it");
    if (!is_clean && part.find('\r') != std::string_view::npos) report("has a bare CR", kMend);
    line_length_ += part.size();
    if (use_ != TextUse::relay && line_length_ > limits::kLongestLine) {
        has_long_line_ = true;
        if (use_ != TextUse::repaired)
            report("is longer than 998 octets (kLongestLine), which SMTP forbids", "convert it with --repair");
    }
}

void TextCheck::append(std::string_view text) {
    // Line by line this would take longer, and most text has nothing that is to be looked for there.
    wire::LineEndChecker whole;
    whole.append(text);
    eight_bit_ = eight_bit_ || whole.eight_bit();
    while (!text.empty()) {
        const std::size_t line_feed = text.find('\n');
        append_to_line(text.substr(0, line_feed), whole.clean());
        if (line_feed == std::string_view::npos) return;
        if (!after_cr_) report("has a bare LF", kMend);
        after_cr_ = false;
        line_length_ = 0;
        ++line_;
        text.remove_prefix(line_feed + 1);
    }
}

void TextCheck::finish() {
    if (after_cr_) report("has a bare CR", kMend);
}

void LineEndRepair::append(std::string_view text, std::string& out) {
    while (!text.empty()) {
        if (after_cr_ && text[0] == '\n') text.remove_prefix(1);
        after_cr_ = false;
        const std::size_t end = text.find_first_of("\r\n");
        out += text.substr(0, end);
        if (end == std::string_view::npos) return;
        out += "\r\n";
        after_cr_ = text[end] == '\r';
        text.remove_prefix(end + 1);
    }
}

}  // namespace mailpipe::app
