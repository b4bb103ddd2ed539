#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/index/seen_marks.hpp"

namespace mailpipe::index {

// A mailbox with one user's \Seen in the place of its own.
class UserMailbox : public Mailbox {
 public:
    // `held` is `mailbox`, with all that it needs.
    UserMailbox(std::shared_ptr<Mailbox> held, MailboxImpl& mailbox, std::shared_ptr<SeenMarks> marks)
        : held_(std::move(held)), mailbox_(mailbox), marks_(std::move(marks)) {}

    MailboxImpl& stored() const { return mailbox_; }
    const std::shared_ptr<SeenMarks>& marks() const { return marks_; }

    const std::string& id() const override { return mailbox_.id(); }
    std::string name() const override { return mailbox_.name(); }
    std::shared_ptr<const Snapshot> snapshot() const override {
        return marks_->snapshot([this] { return mailbox_.snapshot(); });
    }
    Result<void> refresh() override { return mailbox_.refresh(); }
    Token watch(std::function<void()> changed) override { return mailbox_.watch(std::move(changed)); }
    Result<StoreResult> store(const std::vector<Uid>& uids, StoreMode mode, const FlagSet& flags,
                              std::optional<ModSeq> unchanged_since) override {
        return mailbox_.store_for(marks_.get(), uids, mode, flags, unchanged_since);
    }
    Result<std::pair<std::vector<Uid>, ModSeq>> expunge(const std::optional<std::vector<Uid>>& uids) override {
        return mailbox_.expunge(uids);
    }
    using Mailbox::copy;
    Result<Copied> copy(const std::vector<Uid>& uids, Mailbox& target, bool move, KeptFlags kept) override {
        return mailbox_.copy_for(marks_.get(), uids, target, move, kept);
    }
    Result<std::unique_ptr<Append>> begin_append() override { return mailbox_.begin_append_for(marks_); }
    Result<std::unique_ptr<store::MessageReader>> open(Uid uid) override { return mailbox_.open(uid); }
    Result<std::string> text(Uid uid) override { return mailbox_.text(uid); }
    Result<void> facts(const std::vector<Uid>& uids, unsigned want, const UseFacts& use) override {
        return mailbox_.facts(uids, want, use);
    }
    Result<UidRanges> vanished_since(ModSeq modseq) override { return mailbox_.vanished_since(modseq); }
    Result<std::string> email_id(Uid uid) override { return mailbox_.email_id(uid); }
    Result<std::string> thread_id(Uid uid) override { return mailbox_.thread_id(uid); }

 private:
    std::shared_ptr<Mailbox> held_;
    MailboxImpl& mailbox_;
    std::shared_ptr<SeenMarks> marks_;
};

}  // namespace mailpipe::index
