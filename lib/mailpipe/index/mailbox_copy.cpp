#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/index/user_mailbox.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::index {
namespace {

// Sizes are parts of a base; the rest of the name is another message's.
std::string sizes_of(const std::string& base, std::uint64_t crlf_size) {
    const std::size_t at = base.find(",S=");
    if (at != std::string::npos) return base.substr(at);
    return ",W=" + std::to_string(crlf_size);
}

}  // namespace

// With both mailboxes locked.
struct MailboxCopy {
    MailboxImpl& from;
    MailboxImpl& to;
    const bool move;
    const Mailbox::KeptFlags kept;
    const SeenMarks* from_marks = nullptr;
    SeenMarks* to_marks = nullptr;
    std::shared_ptr<const Snapshot> source = from.snapshot();
    MailboxImpl::Change change{to.row_, *to.snapshot()};
    std::vector<MailboxImpl::Incoming> incoming{};
    Mailbox::Copied copied{};
    bool committed = false;

    // The text of each, under its new name, in tmp/ of the target.
    Result<void> link(const std::vector<Uid>& uids) {
        store::MaildirNames names;
        const std::int64_t now = std::time(nullptr);
        for (const Uid uid : uids) {
            auto file = from.find_file(uid);
            if (!file && file.error().kind == Errc::not_found) continue;
            if (!file) return tl::unexpected(file.error());
            auto& [name, message] = *file;
            const std::string letters =
                encode_letters({message.flags, message.keywords, name.extra}, source->keywords());
            MailboxImpl::Incoming each;
            if (from_marks != nullptr) message = from_marks->shown(message);
            message.flags &= kept.flags;
            if (!kept.keywords) message.keywords = 0;
            if (to_marks != nullptr && to_marks->on()) {
                each.seen = (message.flags & kSeen) != 0;
                message.flags = static_cast<std::uint8_t>(message.flags & ~kSeen);
            }
            each.file = {names.next() + sizes_of(name.base, message.size), name.extra};
            auto linked = from.folder_->link_to_tmp(name.base, letters, *to.folder_, each.file.base);
            if (!linked && linked.error().kind == Errc::not_found) continue;
            if (!linked) return linked;
            each.message = message;
            each.message.uid = 0;
            each.message.save_date = now;
            each.from = "tmp/" + each.file.base;
            incoming.push_back(std::move(each));
            copied.from.push_back(uid);
        }
        return sync();
    }

    // The text as well: what was delivered just now is durable by another's log alone, perhaps.
    Result<void> sync() const {
        constexpr std::size_t kFewFiles = 4;
        const auto& folder = *to.folder_;
        if (incoming.size() > kFewFiles && store::honours_syncfs(folder.root())) {
            if (::syncfs(folder.root()) != 0) return fail_errno(errno, folder.path());
            return {};
        }
        for (const auto& each : incoming) {
            auto file = store::open_regular_at(folder.root(), each.from, folder.path());
            if (!file) return tl::unexpected(file.error());
            if (auto synced = store::sync_file(file->get(), folder.path()); !synced) return synced;
        }
        return folder.sync("tmp");
    }

    Result<void> prepare() {
        change.marks = to_marks;
        ++change.row.highest_modseq;
        for (auto& each : incoming) {
            std::vector<std::string> names;
            for (std::size_t i = 0; i < source->keywords().size(); ++i) {
                if ((each.message.keywords >> i & 1) != 0) names.push_back(source->keywords()[i]);
            }
            auto bits = to.bits_of(change, names, true);
            if (!bits) return tl::unexpected(bits.error());
            each.message.keywords = *bits;
        }
        return to.add(change, incoming);
    }

    Result<void> write(Database& database) const {
        if (auto written = to.write(database, change); !written) return written;
        if (from.core_ != to.core_) return {};
        for (std::size_t i = 0; i < copied.from.size(); ++i) {
            auto done =
                copy_derived(database, from.row_id_, copied.from[i], to.row_id_, change.added[i].message.uid);
            if (!done) return done;
        }
        return {};
    }

    // What leaves the source; null: it stays.
    Result<std::unique_ptr<MailboxImpl::Change>> leaving() {
        auto gone = std::make_unique<MailboxImpl::Change>(from.row_, *source);
        std::vector<Uid> uids = copied.from;
        std::sort(uids.begin(), uids.end());
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
        ++gone->row.highest_modseq;
        if (auto removed = from.remove(*gone, uids); !removed) return tl::unexpected(removed.error());
        MailboxImpl::complete(*gone);
        return gone;
    }

    Result<void> commit() {
        MailboxImpl::complete(change);
        if (!move) {
            auto written = to.core_->change([&](Database& database) { return write(database); });
            committed = written.has_value();
            if (written) to.finish(change);
            return written;
        }
        auto gone = leaving();
        if (!gone) return tl::unexpected(gone.error());
        const bool together = from.core_ == to.core_;
        auto written = to.core_->change([&](Database& database) {
            auto done = write(database);
            return done && together ? from.write(database, **gone) : done;
        });
        if (!written) return written;
        committed = true;
        to.finish(change);
        // Between two accounts a crash here leaves it in both.
        if (!together)
            written = from.core_->change([&](Database& database) { return from.write(database, **gone); });
        if (written) from.finish(**gone);
        return written;
    }

    Result<void> run(const std::vector<Uid>& uids) {
        if (auto there = from.check_there(); !there) return there;
        if (auto there = to.check_there(); !there) return there;
        auto done = link(uids);
        if (done && incoming.empty()) return {};
        if (done) done = prepare();
        if (done) done = commit();
        if (done) {
            for (const auto& each : change.added)
                copied.to.push_back(each.message.uid);
        } else if (!committed) {
            for (const auto& each : incoming)
                ::unlinkat(to.folder_->root(), each.from.c_str(), 0);
        }
        return done;
    }
};

Result<Mailbox::Copied> MailboxImpl::copy_for(SeenMarks* marks, const std::vector<Uid>& uids, Mailbox& target,
                                              bool move, KeptFlags kept) {
    const auto* for_user = dynamic_cast<UserMailbox*>(&target);
    auto* to = for_user != nullptr ? &for_user->stored() : dynamic_cast<MailboxImpl*>(&target);
    SeenMarks* to_marks = for_user != nullptr ? for_user->marks().get() : nullptr;
    if (to == nullptr) return fail(Errc::usage, "mailbox " + target.name() + ": is not one of an index");
    std::optional<Copied> copied;
    {
        std::unique_lock<std::mutex> first(mutex_, std::defer_lock), second;
        if (to == this) {
            first.lock();
        } else {
            second = std::unique_lock(to->mutex_, std::defer_lock);
            std::lock(first, second);
        }
        // Into itself: a move gives new UIDs, first as a copy.
        MailboxCopy work{*this, *to, move && to != this, kept, marks, to_marks};
        if (auto done = work.run(uids); !done) return tl::unexpected(done.error());
        copied = std::move(work.copied);
        copied->uid_validity = to->row_.uid_validity;
        if (move && to == this && !copied->from.empty()) {
            MailboxCopy rest{*this, *this, true, {}};
            rest.copied.from = copied->from;
            auto gone = rest.leaving();
            if (!gone) return tl::unexpected(gone.error());
            if (auto done = commit(**gone); !done) return tl::unexpected(done.error());
        }
    }
    if (!copied->to.empty()) to->tell_changed();
    if (move && to != this && !copied->from.empty()) tell_changed();
    return std::move(*copied);
}

}  // namespace mailpipe::index
