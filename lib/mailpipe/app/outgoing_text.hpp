#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/app/header_hold.hpp"
#include "mailpipe/app/message_spool.hpp"
#include "mailpipe/app/text_check.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// The text of a message that SMTP is to carry: read to its end and judged before any of it is sent.
class OutgoingText {
 public:
    explicit OutgoingText(TextUse use = TextUse::submission) : use_(use), check_(use) {}

    // For the next message.
    void clear();
    void set_use(TextUse use) { use_ = use; }  // from the next clear() on
    // CRLF text in pieces of any size. Errors: those of MessageSpool.
    Result<void> append(std::string_view crlf_text);
    // The text is all there; every line of mail data ends in CRLF, the last one gets what it lacks. Errors: those
    // of MessageSpool; data for what SMTP cannot carry.
    Result<void> finish();

    const HeaderHold& header() const { return header_; }
    bool eight_bit() const { return check_.eight_bit(); }
    bool has_long_line() const { return check_.has_long_line(); }
    bool is_binary() const { return check_.is_binary(); }

    // Offset and length of what is not sent; ascending, not overlapping.
    void leave_out(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges);
    // Goes before all.
    void put_before(std::string crlf_text) { before_ = std::move(crlf_text); }

    std::uint64_t size() const;  // octets as sent
    void rewind() { offset_ = 0, before_read_ = false; }
    // The next piece of what is sent, empty at the end; valid until the next call. Error io.
    Result<std::string_view> read();

 private:
    TextUse use_;
    TextCheck check_;
    MessageSpool spool_;
    HeaderHold header_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> left_out_;
    std::string before_;
    bool before_read_ = false;
    std::uint64_t offset_ = 0;
};

}  // namespace mailpipe::app
