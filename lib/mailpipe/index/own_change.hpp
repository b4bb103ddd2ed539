#pragma once

#include "mailpipe/index/mailbox_impl.hpp"

namespace mailpipe::index {

class MailboxImpl::OwnChange {
 public:
    explicit OwnChange(MailboxImpl& mailbox) : mailbox_(mailbox) {
        const auto times = mailbox_.folder_->times();
        // What others have done before is still to be looked at.
        if (!times || times->cur_time != mailbox_.row_.times.cur_time) mailbox_.dirty_ = true;
    }
    OwnChange(const OwnChange&) = delete;
    OwnChange& operator=(const OwnChange&) = delete;
    ~OwnChange() {
        const auto marked = mailbox_.folder_->mark_cur();
        if (marked) mailbox_.row_.times.cur_time = *marked;
        if (!mailbox_.masked_since_) mailbox_.masked_since_ = std::chrono::steady_clock::now();
    }

 private:
    MailboxImpl& mailbox_;
};

}  // namespace mailpipe::index
