#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "mailpipe/email/email.hpp"
#include "mailpipe/email/search.hpp"
#include "mailpipe/store/mailbox.hpp"

namespace mailpipe::app {

// Collects the header of a message that comes in pieces, the empty line that ends it included; of one that is larger
// than limits::kHeaderSize one octet more than that.
class HeaderCollector {
 public:
    HeaderCollector() = default;
    // In the memory of a string that is no longer needed.
    explicit HeaderCollector(std::string memory) : header_(std::move(memory)) { header_.clear(); }
    // false when the header is complete and more text is not needed.
    bool append(std::string_view crlf_text);
    std::string take() { return std::move(header_); }

 private:
    std::string header_;
    bool complete_ = false;
};

// A message that may be listed, as far as it has been read. The search asks it for more than it has by `need`.
class Candidate : public email::SearchSubject {
 public:
    enum class Need { nothing, arrival, size, header, message };

    email::Context context;
    // context.received_at is set when the message has been opened, for whatever is needed of it.
    bool is_dated_when_opened = false;

    // Makes it another message of which nothing is known yet, in the same memory; the context stays to be set.
    void start_over();
    void set_header(std::string header);
    // The memory of a header that set_header() will replace.
    std::string take_header_memory() { return std::move(header_); }
    void set_message(std::string message);  // sets the header and the size as well
    const std::string& header_text() const { return header_; }

    Result<std::string_view> header() override;
    Result<std::string_view> message() override;
    Result<std::uint64_t> size() override;
    const std::vector<std::string>& keywords() const override;
    // Where no store knows when a message arrived: the date of its topmost Received field, else its Date.
    std::time_t received_at() const override;
    std::time_t now() const override { return std::time(nullptr); }
    std::uint32_t uid() const override { return context.uid.value_or(0); }

    struct Verdict {
        bool listed = false;
        Need need = Need::nothing;  // what has to be read before there is a verdict
    };
    // Whether it matches (an empty query: all do) and, when `is_printed`, has what is printed of it.
    Result<Verdict> judge(const email::Query& query, bool is_printed);

 private:
    Fail not_read(Need need) const;

    bool has_header_ = false;
    bool has_message_ = false;
    std::string header_;
    std::string message_;
    mutable Need need_ = Need::nothing;
};

}  // namespace mailpipe::app
