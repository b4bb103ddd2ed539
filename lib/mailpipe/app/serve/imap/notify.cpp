#include "mailpipe/app/serve/imap/notify.hpp"

#include <algorithm>
#include <set>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/mailbox_filter.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

using Kind = index::AccountChange::Kind;
using Filter = proto::MailboxFilter::Kind;

bool wants(const proto::Notify::Group& group, Kind kind) {
    switch (kind) {
        case Kind::messages:
            return group.message_new || group.message_expunge || group.flag_change;
        case Kind::created:
        case Kind::deleted:
        case Kind::renamed:
        case Kind::acl:
            return group.mailbox_name;
        case Kind::subscribed:
        case Kind::unsubscribed:
            return group.subscription_change;
        case Kind::metadata:
            return group.mailbox_metadata_change || group.server_metadata_change;
    }
    return false;
}

const std::vector<proto::StatusItem>& status_items(const Enabled& enabled) {
    // RFC 5465 section 3.1.
    static const std::vector<proto::StatusItem> plain{proto::StatusItem::messages, proto::StatusItem::uid_next,
                                                      proto::StatusItem::uid_validity,
                                                      proto::StatusItem::unseen};
    static const std::vector<proto::StatusItem> with_modseq{
        proto::StatusItem::messages, proto::StatusItem::uid_next, proto::StatusItem::uid_validity,
        proto::StatusItem::unseen, proto::StatusItem::highest_modseq};
    return enabled.condstore ? with_modseq : plain;
}

class Teller {
 public:
    explicit Teller(Work& work) : work_(work) {}

    void tell(const index::AccountChange& change) {
        std::string& out = work_.out;
        switch (change.kind) {
            case Kind::messages:
                return tell_status(change.mailbox);
            case Kind::created:
            case Kind::acl:
                return list("()", change.mailbox, "");
            case Kind::deleted:
                return list("(\\NonExistent)", change.mailbox, "");
            case Kind::renamed: {
                std::string old = " (\"OLDNAME\" (";
                proto::write_mailbox(old, change.old_name, work_.enabled.utf8);
                return list("()", change.mailbox, old + "))");
            }
            case Kind::subscribed:
                return list("(\\Subscribed)", change.mailbox, "");
            case Kind::unsubscribed:
                return list("()", change.mailbox, "");
            case Kind::metadata:
                // Another reader's.
                if (change.entry.starts_with("/private:")) return;
                out += "* METADATA ";
                if (change.mailbox.empty()) {
                    out += "\"\"";
                } else {
                    proto::write_mailbox(out, change.mailbox, work_.enabled.utf8);
                }
                out.append(" ").append(change.entry).append("\r\n");
        }
    }

    void tell_status(const std::string& mailbox) {
        // Of the selected one its own responses tell.
        if (work_.state.selected && work_.state.selected->name == mailbox) return;
        auto place = work_.state.names.find(mailbox);
        if (place) (void)write_status(work_, *place, mailbox, status_items(work_.enabled));
    }

 private:
    void list(std::string_view attributes, const std::string& mailbox, std::string_view extended) {
        work_.out.append("* LIST ").append(attributes).append(" \"/\" ");
        proto::write_mailbox(work_.out, mailbox, work_.enabled.utf8);
        work_.out.append(extended).append("\r\n");
    }

    Work& work_;
};

// Messages above `known`, but for those that the client has put there itself (RFC 5465 section 5.2).
proto::Ranges made_by_others(const Selected& selected, index::Uid known) {
    const index::Snapshot& seen = *selected.seen;
    std::vector<index::Uid> own = selected.appended;
    std::sort(own.begin(), own.end());
    std::vector<index::Uid> uids;
    for (std::size_t i = seen.lower_bound(known + 1); i < seen.size(); ++i)
        if (!std::binary_search(own.begin(), own.end(), seen[i].uid)) uids.push_back(seen[i].uid);
    return proto::ranges_of(uids);
}

// What MessageNew of the selected mailbox wants of each message (RFC 5465 section 5.2); nullptr: nothing.
const std::vector<proto::FetchItem>* wanted_of_new(const ImapState& state) {
    if (!state.notices) return nullptr;
    for (const proto::Notify::Group& group : state.notices->wanted().groups) {
        const bool selected =
            group.filter.kind == Filter::selected || group.filter.kind == Filter::selected_delayed;
        if (selected && group.message_new && !group.fetch.empty()) return &group.fetch;
    }
    return nullptr;
}

}  // namespace

void tell_updates(Work& work, bool may_expunge) {
    Selected& selected = *work.state.selected;
    const auto last_uid = [&] {
        return selected.seen->empty() ? index::Uid{0} : (*selected.seen)[selected.seen->size() - 1].uid;
    };
    const index::Uid known = last_uid();
    write_changes(work, may_expunge);
    const index::Uid newest = last_uid();
    if (newest <= known) return;
    const auto* const items = wanted_of_new(work.state);
    proto::Ranges uids = items != nullptr ? made_by_others(selected, known) : proto::Ranges();
    if (!uids.empty()) fetch_unasked(work, std::move(uids), *items);
    selected.appended.clear();
}

Notices::Notices(proto::Notify wanted, index::Account& account, std::function<void()> changed)
    : wanted_(std::move(wanted)), annotations_only_(false), watch_(watch(account, std::move(changed))) {}

Notices::Notices(index::Account& account, std::function<void()> changed)
    : annotations_only_(true), watch_(watch(account, std::move(changed))) {}

index::Mailbox::Token Notices::watch(index::Account& account, std::function<void()> changed) {
    return account.watch([this, changed = std::move(changed)](const index::AccountChange& change) {
        if (annotations_only_ && change.kind != Kind::metadata) return;
        {
            const std::lock_guard lock(mutex_);
            if (change.kind != Kind::messages && own_ == std::this_thread::get_id()) return;
            const auto same = [&](const index::AccountChange& other) {
                return other.kind == Kind::messages && change.kind == Kind::messages &&
                       other.mailbox == change.mailbox;
            };
            // One STATUS tells of any number of messages.
            if (std::any_of(waiting_.begin(), waiting_.end(), same)) return;
            if (waiting_.size() >= kWaiting) overflowed_ = true;
            if (!overflowed_) waiting_.push_back(change);
        }
        changed();
    });
}

std::deque<index::AccountChange> Notices::take() {
    const std::lock_guard lock(mutex_);
    if (annotations_only_) overflowed_ = false;
    return std::exchange(waiting_, {});
}

bool Notices::tells_of_expunged() const {
    return std::any_of(wanted_.groups.begin(), wanted_.groups.end(), [](const proto::Notify::Group& group) {
        return group.filter.kind == Filter::selected && group.message_expunge;
    });
}

bool Notices::empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() && !overflowed_;
}

bool Notices::overflowed() const {
    const std::lock_guard lock(mutex_);
    return overflowed_;
}

OwnChanges::OwnChanges(const ImapState& state) : notices_(state.notices), annotations_(state.annotations) {
    set(std::this_thread::get_id());
}

OwnChanges::~OwnChanges() {
    set({});
}

void OwnChanges::set(std::thread::id thread) const {
    for (const auto& notices : {notices_, annotations_}) {
        if (!notices) continue;
        const std::lock_guard lock(notices->mutex_);
        notices->own_ = thread;
    }
}

void watch_annotations(Work& work) {
    if (!work.enabled.metadata || work.state.annotations) return;
    auto account = work.state.names.own();
    if (!account) return;
    work.state.annotations = std::make_shared<Notices>(**account, work.state.changed);
}

void write_notices(Work& work) {
    // What overflowed is known to be unknown by no response of RFC 5464; those that fit are told.
    const auto& notices = work.state.notices;
    if (work.state.annotations) {
        // While NOTIFY is on, it says what is told: taken before its own are, so that none is lost between the two.
        const auto annotations = work.state.annotations->take();
        Teller teller(work);
        for (const index::AccountChange& change : annotations)
            if (!notices) teller.tell(change);
    }
    if (!notices || notices->empty()) return;
    // RFC 5465 section 5.8: from now on as if NOTIFY NONE had been said.
    if (notices->overflowed()) {
        work.out += "* OK [NOTIFICATIONOVERFLOW] Ask again\r\n";
        work.state.notices.reset();
        return;
    }
    auto account = work.state.names.own();
    if (!account) return;
    const auto& groups = notices->wanted().groups;
    const bool by_subscription = std::any_of(groups.begin(), groups.end(), [](const auto& group) {
        return group.filter.kind == Filter::subscribed;
    });
    const std::set<std::string> subscribed =
        by_subscription ? subscriptions(**account) : std::set<std::string>();
    Teller teller(work);
    for (const index::AccountChange& change : notices->take()) {
        // RFC 5465 section 6: several groups may be about one mailbox.
        const bool wanted = std::any_of(groups.begin(), groups.end(), [&](const proto::Notify::Group& one) {
            return is_in(one.filter, change.mailbox, subscribed) && wants(one, change.kind);
        });
        if (wanted) teller.tell(change);
    }
}

Outcome on_notify(Work& work, const proto::Notify& command) {
    work.state.notices.reset();
    if (command.none) return done("You will be told of nothing");
    auto account = work.state.names.own();
    if (!account) return refusal_of(account.error());
    work.state.notices = std::make_shared<Notices>(command, **account, work.state.changed);
    if (!command.status) return done("You will be told");
    auto all = (*account)->mailboxes();
    if (!all) return refusal_of(all.error());
    const std::set<std::string> subscribed = subscriptions(**account);
    Teller teller(work);
    for (const index::MailboxInfo& info : *all) {
        const auto& groups = command.groups;
        const bool wanted = std::any_of(groups.begin(), groups.end(), [&](const auto& one) {
            return is_in(one.filter, info.name, subscribed) && wants(one, Kind::messages);
        });
        if (info.exists && wanted) teller.tell_status(info.name);
    }
    return done("You will be told");
}

}  // namespace mailpipe::app::serve
