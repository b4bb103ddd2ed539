#include <algorithm>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/imap/server/write_response.hpp"

// RFC 4314.
namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

// For what only an administrator of the mailbox may know or do.
tl::expected<Place, Outcome> administered(Work& work, const std::string& mailbox) {
    auto place = work.state.names.find(mailbox);
    if (!place) return tl::unexpected(refusal_of(place.error()));
    if (!place->rights.administer()) return tl::unexpected(refused("NOPERM", "You do not administer it"));
    return *place;
}

bool is_owner(const Place& place, std::string_view identifier) {
    return identifier == place.owner;
}

void write_rights(std::string& out, const std::string& identifier, std::string_view rights) {
    out += ' ';
    proto::write_string(out, identifier);
    out += ' ';
    proto::write_string(out, rights);
}

// Identifiers are users, as they were configured, "anyone", and those with "-" in front; nullopt: it is none of them.
std::optional<std::string> known_identifier(const Work& work, std::string_view identifier) {
    const bool negative = identifier.starts_with('-');
    if (negative) identifier.remove_prefix(1);
    auto name = identifier == "anyone" ? std::optional<std::string>(identifier)
                                       : work.state.config.users.find(identifier);
    if (name && negative) return std::string(1, '-').append(*name);
    return name;
}

}  // namespace

Outcome on_get_acl(Work& work, const proto::GetAcl& command) {
    auto place = administered(work, command.mailbox);
    if (!place) return place.error();
    auto acl = place->account->acl(place->name);
    if (!acl) return refusal_of(acl.error());
    work.out += "* ACL ";
    proto::write_mailbox(work.out, command.mailbox, work.enabled.utf8);
    write_rights(work.out, place->owner, kAllRights);
    for (const auto& [identifier, rights] : *acl)
        if (!is_owner(*place, identifier)) write_rights(work.out, identifier, rights);
    work.out += "\r\n";
    return done("That is who may do what");
}

Outcome on_set_acl(Work& work, const proto::SetAcl& command) {
    auto place = administered(work, command.mailbox);
    if (!place) return place.error();
    if (!are_rights(command.rights)) return bad("There is a letter among them that is no right");
    const auto identifier = known_identifier(work, command.identifier);
    if (!identifier) return refused("CANNOT", "There is no such user");
    if (is_owner(*place, *identifier)) return refused("CANNOT", "The owner has all rights");
    auto acl = place->account->acl(place->name);
    if (!acl) return refusal_of(acl.error());
    const auto before = acl->find(*identifier);
    std::string rights = before == acl->end() ? std::string() : before->second;
    const std::string given = normal_rights(command.rights);
    if (command.mode == proto::SetAcl::Mode::replace) rights = given;
    if (command.mode == proto::SetAcl::Mode::add) rights = normal_rights(rights + given);
    if (command.mode == proto::SetAcl::Mode::remove)
        std::erase_if(rights, [&](char right) { return given.find(right) != std::string::npos; });
    auto set = place->account->set_acl(place->name, *identifier, rights);
    return set ? done("Set") : refusal_of(set.error());
}

Outcome on_delete_acl(Work& work, const proto::DeleteAcl& command) {
    auto place = administered(work, command.mailbox);
    if (!place) return place.error();
    const std::string identifier = known_identifier(work, command.identifier).value_or(command.identifier);
    if (is_owner(*place, identifier)) return refused("CANNOT", "The owner has all rights");
    auto set = place->account->set_acl(place->name, identifier, "");
    return set ? done("Deleted") : refusal_of(set.error());
}

Outcome on_list_rights(Work& work, const proto::ListRights& command) {
    auto place = administered(work, command.mailbox);
    if (!place) return place.error();
    work.out += "* LISTRIGHTS ";
    proto::write_mailbox(work.out, command.mailbox, work.enabled.utf8);
    work.out += ' ';
    proto::write_string(work.out, command.identifier);
    if (is_owner(*place, known_identifier(work, command.identifier).value_or(command.identifier))) {
        work.out.append(" ").append(kAllRights);
    } else {
        work.out += " \"\"";
        for (const char right : kAllRights)
            (work.out += ' ') += right;
    }
    work.out += "\r\n";
    return done("Those can be given");
}

Outcome on_my_rights(Work& work, const proto::MyRights& command) {
    auto place = work.state.names.find(command.mailbox);
    if (!place) return refusal_of(place.error());
    if (place->own) {
        // One's own name may mean nothing.
        if (auto mailbox = work.state.names.open(*place); !mailbox) return refusal_of(mailbox.error());
    }
    work.out += "* MYRIGHTS ";
    proto::write_mailbox(work.out, command.mailbox, work.enabled.utf8);
    work.out.append(" ").append(place->rights.letters()).append("\r\n");
    return done("Those are your rights");
}

}  // namespace mailpipe::app::serve
