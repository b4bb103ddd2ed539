#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

// mboxrd (RFC 4155 and qmail's mbox(5)), pure functions of octets with LF line ends:
//
//     mbox    = *( from-line *line empty-line )
//     from-line = "From " sender SP asctime-date LF          ; UTC
//     line    = any line; one that matches ">*From " carries one more ">"
//
// Every line that begins with "From " starts a message: nothing quoted can be one. A message whose last line
// has no LF gets one, and kNoFinalNewline as its sender says that it must be removed again. A reader drops the
// empty line before the next message, also as CRLF, and does not miss it when another program did not write it.
namespace mailpipe::store {

inline constexpr std::string_view kNoFinalNewline = "NO-EOL-AT-END";

// The From_ line with its LF; always kFromLineSize octets, so that it can be filled in when the message is
// complete.
inline constexpr std::size_t kFromLineSize = 44;
std::string encode_from_line(std::time_t received_at, bool no_final_newline);
// Whether a From_ line says so.
bool is_without_final_newline(std::string_view from_line);
// The date of a From_ line (without its LF); 0 when there is none.
std::time_t parse_from_date(std::string_view line);

// Recognises ">*From " at the start of a line, octet by octet.
class FromLineStart {
 public:
    enum class Verdict { undecided, plain, from };
    // Consumes from `input` what it has looked at, except the octet that makes it plain.
    Verdict next(std::string_view& input);
    // What was consumed, with one ">" more or less; starts over.
    std::string take(int quotes_more);
    std::uint64_t quotes() const { return quotes_; }
    std::uint64_t consumed() const { return quotes_ + matched_; }

 private:
    std::uint64_t quotes_ = 0;
    std::size_t matched_ = 0;
};

// Adds one ">" to lines that match ">*From ".
class FromQuoter {
 public:
    void append(std::string_view lf_text, std::string& out);
    void finish(std::string& out);

 private:
    bool at_line_start_ = true;
    FromLineStart start_;
};

// Reads an mbox in pieces of any size.
class MboxDecoder {
 public:
    struct Message {
        std::uint64_t offset = 0;  // of the From_ line
        std::uint64_t end = 0;     // of what belongs to it in the file
        std::string from_line;     // without its LF, cut at 1,000 octets
    };

    // `offset` is where in the file the first octet stands, which must be the start of a line.
    explicit MboxDecoder(std::uint64_t offset) : offset_(offset) {}

    enum class Status {
        need_input,
        begin,    // message() has its offset and From_ line; the text follows
        text,     // text(): unquoted, valid until the next call
        end,      // message().end
        foreign,  // what stands at the start is not a From_ line; the decoder is done
    };
    void feed(std::string_view octets);  // after need_input only; `octets` must live until the next need_input
    void feed_eof() { eof_ = true; }
    Status next();  // need_input after feed_eof(): all has been read

    const Message& message() const { return message_; }
    std::string_view text() const { return text_; }

 private:
    enum class State { line_start, in_line, from_start, from_line, ended, finished };

    // Each returns a status to hand out, or nullopt to go on.
    std::optional<Status> at_line_start();
    std::optional<Status> in_line();
    std::optional<Status> in_from_line();
    std::optional<Status> await_input();
    Status end_text();
    void take(std::size_t count);

    std::string_view input_;
    bool eof_ = false;
    std::uint64_t offset_;  // of input_ in the file
    State state_ = State::line_start;
    bool in_message_ = false;
    bool released_ = false;  // some text of the message was handed out
    bool another_follows_ = false;
    std::uint64_t from_offset_ = 0;
    FromLineStart start_;
    Message message_;
    std::string text_;
    std::string tail_;  // the last octets of the text, held back until what follows them is known
};

}  // namespace mailpipe::store
