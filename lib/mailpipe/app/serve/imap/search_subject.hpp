#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/email/search.hpp"
#include "mailpipe/imap/server/number_set.hpp"
#include "mailpipe/index/mailbox.hpp"

namespace mailpipe::app::serve {

// What a session searches in: the mailbox as the session knows it.
struct SearchView {
    std::shared_ptr<index::Mailbox> mailbox;
    std::shared_ptr<const index::Snapshot> snapshot;
    imap::server::Ranges saved;  // UIDs of "$" (RFC 5182)
    std::time_t now = 0;
    const std::vector<std::uint32_t>* among = nullptr;  // the indices that are looked at, ascending; null: all
    std::string_view told_as;  // the mailbox as a response to ESEARCH names it; "" in those to other commands
    bool utf8 = false;         // of told_as
};

// One message of a view for email::matches(), with as much of its text as was read. What is asked for beyond that
// is remembered in `lacks`.
class IndexSubject : public email::SearchSubject {
 public:
    explicit IndexSubject(const SearchView& view);

    void take(std::size_t index, const index::Message& message);
    void set_kept_header(std::string_view header) { kept_ = header; }
    void set_message(std::string_view message) { message_ = message; }
    bool lacks() const { return lacks_; }

    Result<std::string_view> header() override;
    Result<std::string_view> message() override;
    Result<std::uint64_t> size() override { return current_->size; }
    const std::vector<std::string>& keywords() const override;
    bool has_keyword(std::string_view name) const override;
    std::time_t received_at() const override { return static_cast<std::time_t>(current_->internal_date); }
    std::time_t now() const override { return view_.now; }
    std::uint32_t uid() const override { return current_->uid; }
    std::optional<std::string_view> kept_header(std::string_view name) override;
    std::uint32_t largest_uid() const override { return largest_uid_; }
    std::uint32_t largest_number() const override { return static_cast<std::uint32_t>(view_.snapshot->size()); }
    std::uint32_t number() const override { return static_cast<std::uint32_t>(index_ + 1); }
    bool is_saved() const override { return imap::server::contains(view_.saved, current_->uid); }
    std::uint64_t modseq() const override { return current_->modseq; }
    std::optional<std::time_t> saved_at() const override {
        return static_cast<std::time_t>(current_->save_date);
    }
    Result<std::string> email_id() override { return view_.mailbox->email_id(current_->uid); }
    Result<std::string> thread_id() override { return view_.mailbox->thread_id(current_->uid); }

 private:
    Fail not_read();

    const SearchView& view_;
    std::uint32_t largest_uid_ = 0;
    std::size_t index_ = 0;
    const index::Message* current_ = nullptr;
    std::optional<std::string_view> kept_;
    std::optional<std::string_view> message_;
    bool lacks_ = false;
};

}  // namespace mailpipe::app::serve
