#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailpipe::app {

enum class TextUse {
    submission,  // a line of more than limits::kLongestLine octets is a problem
    repaired,    // as submission, but such a line is noted only: it will be converted
    binary,      // for BINARYMIME: nothing is a problem; whether SMTP lines could carry it is noted
    relay        // of a message that was received: the length of a line is left to the server
};

// Judges CRLF text, given in pieces of any size, by what SMTP can carry: where the first bare CR, bare LF, NUL
// or, of a submission, overlong line is.
class TextCheck {
 public:
    explicit TextCheck(TextUse use = TextUse::submission) : use_(use) {}

    void append(std::string_view text);
    void finish();  // a CR at the very end is bare

    // "line 7 has a bare CR; ...", of a submission with what to do; nullopt when there is nothing wrong.
    const std::optional<std::string>& problem() const { return problem_; }
    bool eight_bit() const { return eight_bit_; }
    bool has_long_line() const { return has_long_line_; }  // of a submission
    bool is_binary() const { return is_binary_; }          // with TextUse::binary
    bool ends_in_line_end() const { return line_length_ == 0 && !after_cr_; }

 private:
    void append_to_line(std::string_view part, bool is_clean);
    void report(std::string_view what, std::string_view advice);

    TextUse use_;
    std::uint64_t line_ = 1;
    std::uint64_t line_length_ = 0;  // a CR that may begin the line end is not counted
    bool after_cr_ = false;
    bool eight_bit_ = false;
    bool has_long_line_ = false;
    bool is_binary_ = false;
    std::optional<std::string> problem_;
};

// Bare CR and bare LF become CRLF (--repair).
class LineEndRepair {
 public:
    void append(std::string_view text, std::string& out);

 private:
    bool after_cr_ = false;
};

}  // namespace mailpipe::app
