#include "mailpipe/app/serve/imap/mailbox_names.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/index/seen_by_user.hpp"

namespace mailpipe::app::serve {

Result<std::shared_ptr<index::Account>> MailboxNames::account_of(const std::string& user) {
    return shared_.open(config_.store.path_of(user));
}

Result<std::shared_ptr<index::Account>> MailboxNames::own() {
    if (own_) return own_;
    auto account = account_of(user_);
    if (account) own_ = *account;
    return account;
}

Result<Place> MailboxNames::find(const std::string& name) {
    auto place = find_as_given(name);
    if (place) place->shown = name;
    if (ascii::is_ascii(name)) return place;
    const std::string normalized = email::nfc(name);
    if (normalized == name) return place;
    // Other programs make folders of any name. One that cannot be opened is there, or DELETE would take the other.
    if (place) {
        const auto mailbox = open(*place);
        if (mailbox || mailbox.error().kind != Errc::not_found) return place;
    } else if (place.error().kind != Errc::not_found) {
        return place;
    }
    place = find_as_given(normalized);
    if (place) place->shown = normalized;
    return place;
}

Result<Place> MailboxNames::find_as_given(const std::string& name) {
    Place place;
    if (!name.starts_with(kOtherUsers)) {
        auto account = own();
        if (!account) return tl::unexpected(account.error());
        place.account = std::move(*account);
        place.owner = user_;
        place.name = name;
        place.rights = Rights(kAllRights);
        return place;
    }
    const std::string rest = name.substr(kOtherUsers.size());
    const std::size_t slash = rest.find('/');
    const auto owner = config_.users.find(rest.substr(0, slash));
    // Nobody learns who has mail here, nor is a Maildir made for him.
    if (!owner || (*owner != user_ && !index::may_share(config_.store.path_of(*owner))))
        return fail(Errc::not_found, "no such mailbox");
    auto account = account_of(*owner);
    if (!account) return tl::unexpected(account.error());
    place.account = std::move(*account);
    place.owner = *owner;
    place.name = slash == std::string::npos ? "INBOX" : rest.substr(slash + 1);
    place.own = *owner == user_;
    if (place.own) {
        place.rights = Rights(kAllRights);
        return place;
    }
    auto acl = place.account->acl(place.name);
    if (!acl && acl.error().kind != Errc::not_found) return tl::unexpected(acl.error());
    if (acl) place.rights = effective_rights(*acl, user_);
    if (!place.rights.may_know_of_it()) return fail(Errc::not_found, "no such mailbox");
    return place;
}

Result<std::shared_ptr<index::Mailbox>> MailboxNames::open(const Place& place) {
    auto mailbox = place.account->mailbox(place.name);
    if (!mailbox || place.own) return mailbox;
    return index::mailbox_for(std::move(*mailbox), user_);
}

namespace {

// RFC 3348 section 3: what the user may not look up is no child.
void find_children(std::vector<MailboxNames::Listed>& listed) {
    std::set<std::string> parents;
    for (const MailboxNames::Listed& one : listed) {
        const std::size_t slash = one.info.name.rfind('/');
        if (slash != std::string::npos) parents.insert(one.info.name.substr(0, slash));
    }
    for (MailboxNames::Listed& one : listed)
        if (one.info.name.starts_with(kOtherUsers)) one.info.has_children = parents.contains(one.info.name);
}

// The levels above what others share, which are no mailboxes of this user's: or who walks down level by level finds nothing.
void add_levels_above(std::vector<MailboxNames::Listed>& listed) {
    std::set<std::string> names;
    for (const MailboxNames::Listed& one : listed)
        names.insert(one.info.name);
    std::set<std::string> missing;
    for (const std::string& name : names) {
        if (!name.starts_with(kOtherUsers)) continue;
        for (std::size_t slash = name.rfind('/'); slash != std::string::npos;
             slash = name.rfind('/', slash - 1)) {
            const std::string above = name.substr(0, slash);
            if (!names.contains(above)) missing.insert(above);
        }
    }
    for (const std::string& name : missing) {
        index::MailboxInfo info;
        info.name = name;
        info.exists = false;
        info.has_children = true;
        listed.push_back({std::move(info), Rights()});
    }
}

}  // namespace

Result<std::vector<MailboxNames::Listed>> MailboxNames::list(bool others) {
    auto account = own();
    if (!account) return tl::unexpected(account.error());
    auto infos = (*account)->mailboxes();
    if (!infos) return tl::unexpected(infos.error());
    std::vector<Listed> listed;
    listed.reserve(infos->size());
    for (index::MailboxInfo& info : *infos)
        listed.push_back({std::move(info), Rights(kAllRights)});
    if (!others) return listed;
    for (const std::string& name : config_.users.names()) {
        if (name == user_ || !index::may_share(config_.store.path_of(name))) continue;
        auto other = account_of(name);
        if (!other) continue;  // one broken account is not everybody's
        auto shared = (*other)->mailboxes();
        if (!shared) continue;
        for (index::MailboxInfo& info : *shared) {
            auto acl = (*other)->acl(info.name);
            const Rights rights = acl ? effective_rights(*acl, user_) : Rights();
            if (!rights.lookup()) continue;
            info.name = std::string(kOtherUsers) + name + (info.name == "INBOX" ? "" : "/" + info.name);
            info.special_use.clear();
            // A subscription is among the user's own, where it has no mailbox.
            const auto own = std::find_if(listed.begin(), listed.end(),
                                          [&](const Listed& one) { return one.info.name == info.name; });
            info.subscribed = own != listed.end();
            if (own != listed.end()) {
                *own = {std::move(info), rights};
            } else {
                listed.push_back({std::move(info), rights});
            }
        }
    }
    add_levels_above(listed);
    find_children(listed);
    return listed;
}

}  // namespace mailpipe::app::serve
