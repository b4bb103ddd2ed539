#include <algorithm>
#include <array>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/mailbox_filter.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

std::string parent_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

// RFC 4314 section 4: "k" on the nearest parent that is there.
bool may_create(Work& work, const Place& place) {
    if (place.own) return true;
    for (std::string parent = parent_of(place.name); !parent.empty(); parent = parent_of(parent)) {
        auto acl = place.account->acl(parent);
        if (acl) return effective_rights(*acl, work.state.user).create();
    }
    return false;
}

// The place of a mailbox that is to be made: where one may know of nothing, nothing can be made.
Result<Place> find_parent(Work& work, const std::string& name) {
    if (name + "/" == kOtherUsers) return fail(Errc::permanent, "That is where other users' mailboxes are");
    auto place = work.state.names.find(name);
    if (place || place.error().kind != Errc::not_found) return place;
    // "Other Users/NAME" is the mailbox of a user: nothing there gives a right to what is beside it.
    const std::string above = parent_of(name);
    if (above.size() <= kOtherUsers.size() || above.find('/', kOtherUsers.size()) == std::string::npos)
        return place;
    auto parent = work.state.names.find(above);
    if (!parent) return parent;
    const std::string last = email::nfc(name.substr(name.rfind('/')));
    parent->name += last;
    parent->shown += last;
    return parent;
}

// RFC 9051 section 6.3.9.7: the name is not the one that was asked for.
void tell_old_name(Work& work, const std::string& name, const std::string& given) {
    if (name == given) return;
    work.out += "* LIST () \"/\" ";
    proto::write_mailbox(work.out, name, work.enabled.utf8);
    work.out += " (\"OLDNAME\" (";
    proto::write_mailbox(work.out, given, work.enabled.utf8);
    work.out += "))\r\n";
}

bool has_children(const Place& place) {
    const auto all = place.account->mailboxes();
    return all && std::any_of(all->begin(), all->end(), [&](const index::MailboxInfo& info) {
               return info.exists && info.name.starts_with(place.name + "/");
           });
}

}  // namespace

// RFC 6154 section 3, RFC 8457. \All and \Flagged are views of other mailboxes, which there are none of.
bool are_special_uses(const std::vector<std::string>& uses) {
    constexpr std::array<std::string_view, 6> kUses{"\\Archive", "\\Drafts", "\\Junk",
                                                    "\\Sent",    "\\Trash",  "\\Important"};
    return std::all_of(uses.begin(), uses.end(), [&](const std::string& use) {
        return std::any_of(kUses.begin(), kUses.end(),
                           [&](std::string_view known) { return ascii::equals_ignore_case(known, use); });
    });
}

Outcome on_create(Work& work, const proto::Create& command) {
    auto place = find_parent(work, command.mailbox);
    if (!place) return refusal_of(place.error());
    if (!may_create(work, *place)) return refused("NOPERM", "You may not create mailboxes there");
    if (!are_special_uses(command.special_use)) return refused("USEATTR", "A mailbox cannot have such a use");
    auto created = place->account->create(place->name, command.special_use);
    if (!created) return refusal_of(created.error());
    tell_old_name(work, place->shown, command.mailbox);
    auto mailbox = work.state.names.open(*place);
    // A mailbox that cannot be opened now has been created all the same.
    if (!mailbox) return done("Created");
    return done("Created", "MAILBOXID (" + (*mailbox)->id() + ")");
}

Outcome on_delete(Work& work, const proto::Delete& command) {
    auto place = work.state.names.find(command.mailbox);
    if (!place) return refusal_of(place.error());
    if (!place->rights.remove_mailbox()) return refused("NOPERM", "You may not delete it");
    auto removed = place->account->remove(place->name);
    if (!removed && removed.error().kind == Errc::not_found && has_children(*place))
        return refused("HASCHILDREN", "There are mailboxes below that name, and none of it");
    if (!removed) return refusal_of(removed.error());
    auto& selected = work.state.selected;
    if (selected && selected->name == place->shown) {
        deselect(work);
        work.out += "* OK [CLOSED] The mailbox is deleted\r\n";
    }
    return done("Deleted");
}

Outcome on_rename(Work& work, const proto::Rename& command) {
    auto from = work.state.names.find(command.from);
    if (!from) return refusal_of(from.error());
    auto to = find_parent(work, command.to);
    if (!to) return refusal_of(to.error());
    if (!from->rights.remove_mailbox() || !may_create(work, *to))
        return refused("NOPERM", "You may not rename it so");
    if (from->account != to->account) return refused("CANNOT", "It cannot become another user's");
    auto renamed = from->account->rename(from->name, to->name);
    if (!renamed) return refusal_of(renamed.error());
    auto& selected = work.state.selected;
    if (selected && selected->name == from->shown && command.from != "INBOX") selected->name = to->shown;
    if (from->shown != command.from || to->shown != command.to) tell_old_name(work, to->shown, command.from);
    return done("Renamed");
}

namespace {

// The mailbox that the name stands for is subscribed. One that is not there is by the name that CREATE would give it.
Result<std::string> name_to_subscribe(Work& work, index::Account& account, const proto::Subscribe& command) {
    if (ascii::is_ascii(command.mailbox)) return command.mailbox;
    // A subscription outlives the mailbox that had the name as given.
    if (!command.subscribed && subscriptions(account).contains(command.mailbox)) return command.mailbox;
    auto place = work.state.names.find(command.mailbox);
    if (place) return std::move(place->shown);
    if (place.error().kind != Errc::not_found) return tl::unexpected(place.error());
    return email::nfc(command.mailbox);
}

}  // namespace

// One's own subscriptions: of other users' mailboxes, too, by the name that they have here.
Outcome on_subscribe(Work& work, const proto::Subscribe& command) {
    auto account = work.state.names.own();
    if (!account) return refusal_of(account.error());
    auto name = name_to_subscribe(work, **account, command);
    if (!name) return refusal_of(name.error());
    auto changed = (*account)->subscribe(*name, command.subscribed);
    // RFC 9051 section 6.3.8: what is not subscribed, for no mailbox can have that name, is none.
    const bool no_name = !changed && changed.error().kind == Errc::permanent && !command.subscribed;
    if (!changed && !no_name) return refusal_of(changed.error());
    return done(command.subscribed ? "Subscribed" : "Unsubscribed");
}

}  // namespace mailpipe::app::serve
