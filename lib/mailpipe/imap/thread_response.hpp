#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

// The THREAD response of RFC 5256 section 5.
namespace mailpipe::imap {

struct ThreadedMessage {
    std::uint32_t uid = 0;  // 0: siblings whose parent is not there
    std::size_t depth = 0;  // 0: a thread of its own
    bool operator==(const ThreadedMessage&) const = default;
};

// Reads the thread-lists behind "* THREAD". They come in pieces, which may end anywhere; lists nest without
// recursion.
class ThreadReader {
 public:
    // Errors: protocol; limit for more messages than kListedMessages, those that are not there counted.
    Result<void> append(std::string_view piece);
    // The end of the response. Error protocol when a list is open. Empties the reader.
    Result<std::vector<ThreadedMessage>> finish();

 private:
    struct List {
        std::size_t next_depth = 0;  // of a number, or of a list in it
        bool has_entry = false;
        bool has_list = false;  // then no number may follow
    };

    Result<void> take(char c);
    Result<void> open_list();
    Result<void> end_number();
    Result<void> add(std::uint32_t uid);

    std::vector<ThreadedMessage> messages_;
    std::vector<List> open_;
    std::uint64_t number_ = 0;
    bool in_number_ = false;
};

}  // namespace mailpipe::imap
