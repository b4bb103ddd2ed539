#include "mailpipe/index/user_mailbox.hpp"

#include "mailpipe/index/seen_by_user.hpp"

namespace mailpipe::index {

Result<std::shared_ptr<Mailbox>> mailbox_for(std::shared_ptr<Mailbox> mailbox, const std::string& user) {
    auto* stored = dynamic_cast<MailboxImpl*>(mailbox.get());
    if (stored == nullptr) return mailbox;
    auto marks = stored->marks_of(user);
    if (!marks) return tl::unexpected(marks.error());
    if (*marks == nullptr) return mailbox;
    return std::make_shared<UserMailbox>(std::move(mailbox), *stored, std::move(*marks));
}

Result<std::shared_ptr<SeenMarks>> MailboxImpl::marks_of(const std::string& user) {
    const std::lock_guard lock(mutex_);
    auto marks = marks_[user].lock();
    if (marks) return marks;
    auto read = core_->read([&](Database& database) -> Result<void> {
        auto state = read_seen_switch(database, row_id_);
        if (!state) return tl::unexpected(state.error());
        if (!*state) return {};
        auto all = read_seen(database, row_id_, user);
        if (!all) return tl::unexpected(all.error());
        marks = std::make_shared<SeenMarks>(user, **state, *all);
        return {};
    });
    if (!read) return tl::unexpected(read.error());
    if (marks) {
        marks_[user] = marks;
    } else {
        marks_.erase(user);
    }
    return marks;
}

// The flags that others see are other ones from now on: their MODSEQs are, too (RFC 7162 section 3.1).
Result<void> MailboxImpl::switch_seen(bool on) {
    {
        const std::lock_guard lock(mutex_);
        if (auto there = check_there(); !there) return there;
        auto before = core_->read([&](Database& database) { return read_seen_switch(database, row_id_); });
        if (!before) return tl::unexpected(before.error());
        if (before->value_or(SeenSwitch{}).on == on) return {};
        Change change(row_, *snapshot());
        change.seen_switch = SeenSwitch{on, ++change.row.highest_modseq};
        if (auto committed = commit(change); !committed) return committed;
        for (auto& [user, weak] : marks_)
            if (const auto marks = weak.lock()) marks->set(*change.seen_switch);
    }
    tell_changed();
    return {};
}

}  // namespace mailpipe::index
