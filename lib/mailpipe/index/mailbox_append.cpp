#include <algorithm>
#include <ctime>

#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/store/maildir.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::index {

class AppendImpl : public Mailbox::Append {
 public:
    AppendImpl(std::shared_ptr<MailboxImpl> mailbox, std::unique_ptr<store::MailboxWriter> writer,
               std::shared_ptr<SeenMarks> marks)
        : mailbox_(std::move(mailbox)), writer_(std::move(writer)), marks_(std::move(marks)) {}
    ~AppendImpl() override {
        if (!committed_) writer_->discard();
    }

    Result<void> begin(const FlagSet& flags, std::optional<std::time_t> internal_date) override {
        begun_ = {flags, internal_date.value_or(std::time(nullptr)), {}};
        return writer_->begin();
    }
    Result<void> octets(std::string_view crlf_text) override { return writer_->append(crlf_text); }
    Result<void> end() override {
        auto staged = writer_->finish({}, begun_.date);
        if (!staged) return tl::unexpected(staged.error());
        begun_.staged = std::move(*staged);
        messages_.push_back(std::move(begun_));
        return {};
    }

    Result<std::vector<Uid>> commit() override { return commit(std::nullopt); }
    Result<std::vector<Uid>> commit_replacing(Uid replaced) override { return commit(std::optional(replaced)); }

 private:
    struct Appended {
        FlagSet flags;
        std::time_t date = 0;
        store::Staged staged;
    };

    Result<std::vector<Uid>> commit(std::optional<Uid> replaced) {
        if (auto durable = writer_->make_durable(); !durable) return tl::unexpected(durable.error());
        std::vector<Uid> uids;
        {
            const std::lock_guard lock(mailbox_->mutex_);
            if (auto there = mailbox_->check_there(); !there) return tl::unexpected(there.error());
            const auto now = mailbox_->snapshot();
            MailboxImpl::Change change(mailbox_->row_, *now);
            ++change.row.highest_modseq;
            change.marks = marks_.get();
            auto incoming = incoming_messages(change);
            if (!incoming) return tl::unexpected(incoming.error());
            if (replaced) {
                if (!now->find(*replaced))
                    return fail(Errc::not_found, "message " + std::to_string(*replaced) + " is gone");
                if (auto removed = mailbox_->remove(change, {*replaced}); !removed)
                    return tl::unexpected(removed.error());
            }
            if (auto added = mailbox_->add(change, std::move(*incoming)); !added)
                return tl::unexpected(added.error());
            for (const auto& each : change.added)
                uids.push_back(each.message.uid);
            if (auto done = mailbox_->commit(change); !done) return tl::unexpected(done.error());
            // The files are in their place or, where that went wrong, in tmp/ until it goes right.
            committed_ = true;
        }
        mailbox_->tell_changed();
        return uids;
    }

    Result<std::vector<MailboxImpl::Incoming>> incoming_messages(MailboxImpl::Change& change) {
        std::vector<MailboxImpl::Incoming> incoming;
        for (const Appended& each : messages_) {
            auto bits = mailbox_->bits_of(change, each.flags.keywords, true);
            if (!bits) return tl::unexpected(bits.error());
            MailboxImpl::Incoming message;
            message.message.flags = each.flags.flags;
            if (marks_ && marks_->on()) {
                message.seen = (each.flags.flags & kSeen) != 0;
                message.message.flags = static_cast<std::uint8_t>(each.flags.flags & ~kSeen);
            }
            message.message.keywords = *bits;
            message.message.internal_date = each.date;
            message.message.save_date = std::time(nullptr);
            message.message.size = each.staged.size;
            message.file.base = store::base_of(each.staged.id);
            message.from = "tmp/" + message.file.base;
            if (const auto on_disk = store::crlf_size_of(message.file.base)) message.message.size = *on_disk;
            incoming.push_back(std::move(message));
        }
        return incoming;
    }

    std::shared_ptr<MailboxImpl> mailbox_;
    std::unique_ptr<store::MailboxWriter> writer_;
    std::shared_ptr<SeenMarks> marks_;
    std::vector<Appended> messages_;
    Appended begun_;
    bool committed_ = false;
};

Result<std::unique_ptr<Mailbox::Append>> MailboxImpl::begin_append_for(std::shared_ptr<SeenMarks> marks) {
    {
        const std::lock_guard lock(mutex_);
        if (auto there = check_there(); !there) return tl::unexpected(there.error());
    }
    auto writer = store::open_maildir_writer(path());
    if (!writer) return tl::unexpected(writer.error());
    return std::make_unique<AppendImpl>(std::static_pointer_cast<MailboxImpl>(shared_from_this()),
                                        std::move(*writer), std::move(marks));
}

}  // namespace mailpipe::index
