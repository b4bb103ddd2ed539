#include "mailpipe/app/fetch/mailbox_news.hpp"

#include <poll.h>

#include <utility>

namespace mailpipe::app {
namespace {

constexpr int kSlice = 500;  // ms
// A server that cannot keep up with so many mailboxes so often is not asked for them again.
constexpr std::uint32_t kMostOverflows = 3;

bool has_news(const ImapClient& client, bool flags) {
    return client.has_grown() || (flags && client.has_changed_flags());
}

}  // namespace

void MailboxNews::fetched(const ImapClient& client, bool flags) {
    if (!client.uid_validity()) return;
    const imap::Selected& selected = client.selected();
    known_[client.location().mailbox] = {*client.uid_validity(), selected.uid_next, selected.highest_modseq};
    // Once another one is selected nobody tells of it again.
    if (has_news(client, flags)) grown_.insert(client.location().mailbox);
}

MailboxNews::Names MailboxNews::all() const {
    Names names;
    for (const auto& [name, known] : known_)
        names.insert(name);
    return names;
}

Result<MailboxNews::Names> MailboxNews::wait(ImapClient& client, bool flags,
                                             const std::function<bool()>& pause) {
    Names news = std::exchange(grown_, {});
    std::erase_if(news, [this](const std::string& name) { return !known_.contains(name); });
    if (news.empty() && !is_watched(client)) {
        auto found = select_known(client);
        if (!found) return found;
        news = std::move(*found);
    }
    const bool watched = is_watched(client);
    if (watched && has_news(client, flags)) news.insert(client.location().mailbox);
    if (!news.empty()) return news;
    const bool idles = client.has_capability("IDLE") || client.has_capability("IMAP4REV2");
    if (known_.size() > 1 && !refused_ && client.has_capability("NOTIFY")) {
        auto asked = ask(client, flags);
        if (!asked) return tl::unexpected(asked.error());
        if (*asked) return wait_for_notices(client, flags, watched && idles, pause);
    }
    if (watched && idles) {
        if (auto idled = client.idle(pause, flags); !idled) return tl::unexpected(idled.error());
        if (!pause()) news.insert(client.location().mailbox);
        return news;
    }
    while (!pause())
        ::poll(nullptr, 0, kSlice);
    return news;
}

bool MailboxNews::is_watched(const ImapClient& client) const {
    return client.uid_validity() && known_.contains(client.location().mailbox);
}

// The mailbox that was asked for last could not be selected: another one is, to be watched. It is returned where it
// has changed since it was fetched from.
Result<MailboxNews::Names> MailboxNews::select_known(ImapClient& client) {
    if (known_.empty()) return Names{};
    const auto chosen = known_.contains("INBOX") ? known_.find("INBOX") : known_.begin();
    Location place = client.location();
    place.mailbox = chosen->first;
    if (auto selected = client.select(place, true); !selected) {
        if (!client.is_usable()) return tl::unexpected(selected.error());
        return Names{};
    }
    const Known& known = chosen->second;
    const bool same =
        client.uid_validity() == known.uid_validity && client.selected().uid_next == known.uid_next;
    return same ? Names{} : Names{chosen->first};
}

// false: it says no, and is not asked again.
Result<bool> MailboxNews::ask(ImapClient& client, bool flags) {
    const Names names = all();
    if (asked_ == names) return true;
    asked_.reset();
    client.session().notify({names.begin(), names.end()}, flags);
    auto step = client.next();
    if (!step) return tl::unexpected(step.error());
    if (std::holds_alternative<imap::Refused>(*step)) {
        refused_ = true;
        return false;
    }
    if (!std::holds_alternative<imap::CommandDone>(*step)) return unexpected_answer();
    asked_ = names;
    return true;
}

bool MailboxNews::is_news(const imap::MailboxStatus& status, bool flags) const {
    const auto found = known_.find(status.name);
    if (found == known_.end()) return false;
    const Known& known = found->second;
    const bool same = (!status.uid_validity || *status.uid_validity == known.uid_validity) &&
                      status.uid_next == std::optional<std::uint64_t>(known.uid_next);
    const bool same_flags = !flags || status.highest_modseq == std::optional<std::uint64_t>(known.modseq);
    return !same || !same_flags;
}

// What the server has said since, or all where it has given up.
MailboxNews::Names MailboxNews::take_news(ImapClient& client, bool flags) {
    Names news;
    for (const imap::MailboxStatus& status : client.session().take_notices()) {
        if (is_news(status, flags)) news.insert(status.name);
    }
    const std::string& selected = client.location().mailbox;
    if (client.uid_validity() && known_.contains(selected) && has_news(client, flags)) news.insert(selected);
    if (!client.session().has_overflowed() || !asked_) return news;
    asked_.reset();
    refused_ = ++overflows_ >= kMostOverflows;
    return all();
}

// IDLE besides, where there is one: Dovecot 2.3 does not tell of a mailbox that was selected after NOTIFY.
Result<MailboxNews::Names> MailboxNews::wait_for_notices(ImapClient& client, bool flags, bool idles,
                                                         const std::function<bool()>& pause) {
    Names news = take_news(client, flags);
    if (!news.empty()) return news;
    if (idles) {
        const auto have_come = [&] {
            if (news.empty()) news = take_news(client, flags);
            return !news.empty();
        };
        if (auto idled = client.idle(pause, flags, have_come); !idled) return tl::unexpected(idled.error());
        news.merge(take_news(client, flags));
        // Some servers end IDLE by themselves.
        if (news.empty() && !pause()) news.insert(client.location().mailbox);
        return news;
    }
    while (!pause() && news.empty()) {
        auto step = client.next_available();
        if (!step) return tl::unexpected(step.error());
        if (step->has_value()) return unexpected_answer();
        news = take_news(client, flags);
        struct pollfd polled {
            client.descriptor(), POLLIN, 0
        };
        if (news.empty() && !client.has_read_ahead()) ::poll(&polled, 1, kSlice);
    }
    return news;
}

}  // namespace mailpipe::app
