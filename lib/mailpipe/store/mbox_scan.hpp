#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/entries.hpp"
#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/store/mbox_status.hpp"

namespace mailpipe::store {

// Finds the messages of an mbox, in pieces of any size: what MboxDecoder would say of each, without making its
// text. As fast as memory, since a mailbox may be one file of many gigabytes.
class MboxScanner {
 public:
    // Begins at `offset` of the file and ends in front of the first message at `stop` or behind it.
    explicit MboxScanner(std::uint64_t offset = 0, std::uint64_t stop = UINT64_MAX)
        : offset_(offset), stop_(stop) {}

    struct Message {
        std::uint64_t offset = 0;  // of the From_ line
        std::uint64_t size = 0;    // CRLF octets, unquoted
        std::time_t received_at = 0;
        StatusSet status = 0;
    };

    // false: what stands at the start is not a From_ line.
    bool feed(std::string_view octets);
    bool finish();
    // What is fed from now on is not looked at.
    bool is_done() const { return state_ == State::done; }
    std::vector<Message> take() { return std::move(messages_); }

 private:
    enum class State { line_start, in_line, from_line, done };
    struct Line {
        std::uint64_t size = 0;
        bool after_cr = false;  // its LF is
    };

    // Each takes from `input` what it has understood.
    bool at_line_start(std::string_view& input);
    void in_line(std::string_view& input);
    void in_from_line(std::string_view& input);
    void take(std::string_view& input, std::size_t count);
    void header_line();
    void begin_message();
    void end_message(std::uint64_t end);

    State state_ = State::line_start;
    std::uint64_t offset_;  // of what comes next
    std::uint64_t stop_;
    bool in_message_ = false;
    Message message_;
    FromLineStart start_;
    std::string from_line_;
    std::uint64_t text_begin_ = 0;
    std::uint64_t bare_lf_ = 0;
    std::uint64_t quotes_ = 0;  // that a reader takes away
    Line line_;                 // as far as it has come
    Line last_;                 // before it
    Line previous_;             // before that
    bool in_header_ = false;
    std::string header_line_;
    std::vector<Message> messages_;
};

// All messages of an mbox, ascending; the caller holds a lock. Where it is larger than two parts of `part_size` octets,
// its parts are looked at by several threads. Errors: io; data for what is no mbox.
inline constexpr std::uint64_t kMboxPart = std::uint64_t{16} << 20;
Result<Entries> scan_mbox(int fd, const std::string& path, std::uint64_t part_size = kMboxPart);

}  // namespace mailpipe::store
