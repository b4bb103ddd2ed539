#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/flag_set.hpp"

// COPY and MOVE (RFC 6851), with COPYUID (RFC 4315).
namespace mailpipe::app::serve {

namespace proto = imap::server;

namespace {

// uid-set in the order copied: "304,319:320" (RFC 9051 section 7.1).
std::string encode_in_order(const std::vector<index::Uid>& uids) {
    std::string text;
    for (std::size_t i = 0; i < uids.size();) {
        std::size_t end = i + 1;
        while (end < uids.size() && uids[end] == uids[end - 1] + 1)
            ++end;
        if (!text.empty()) text += ',';
        text += std::to_string(uids[i]);
        if (end - i > 1) text += ':' + std::to_string(uids[end - 1]);
        i = end;
    }
    return text;
}

// What is copied, or comes from another user, is more than there was.
Result<bool> fits(Work& work, const Place& target, const std::vector<std::size_t>& indices, bool move) {
    const std::uint64_t limit = work.state.config.delivery.quota;
    const bool is_moved_within = move && target.own && !work.state.selected->name.starts_with(kOtherUsers);
    if (limit == 0 || is_moved_within) return true;
    std::uint64_t octets = 0;
    for (const std::size_t index : indices)
        octets += (*work.state.selected->seen)[index].size;
    const std::string path = work.state.config.store.path_of(target.owner);
    auto fits = work.state.quota.fits(path, octets, limit);
    if (fits && *fits) work.state.quota.add(path, octets);
    return fits;
}

}  // namespace

Outcome on_copy(Work& work, const proto::Copy& command) {
    Selected& selected = *work.state.selected;
    if (command.move) {
        if (selected.read_only) return refused("READ-ONLY", "The mailbox is open for reading");
        if (!selected.rights.mark_deleted() || !selected.rights.expunge())
            return refused("NOPERM", "You may not take messages away");
    }
    auto indices = find_messages(selected, command.set, command.uid);
    if (!indices) return bad(indices.error().message);
    if (!command.move && are_too_many(work, indices->size())) return refuse_too_many(work);
    const std::string limited = limit_messages(work, *indices);
    auto place = work.state.names.find(command.mailbox);
    if (place && !place->rights.insert()) return refused("NOPERM", "You may not put messages there");
    auto target = place ? work.state.names.open(*place) : tl::unexpected(place.error());
    if (!target) {
        if (target.error().kind == Errc::not_found) return refused("TRYCREATE", "There is no such mailbox");
        return refusal_of(target.error());
    }
    auto has_room = fits(work, *place, *indices, command.move);
    if (!has_room) return refusal_of(has_room.error());
    if (!*has_room) return refused("OVERQUOTA", "The mailbox is full");
    const auto uids = uids_of(selected, *indices);
    const index::Mailbox::KeptFlags kept{allowed_system_flags(place->rights), place->rights.write()};
    auto copied = selected.mailbox->copy(uids, **target, command.move, kept);
    if (!copied) return refusal_of(copied.error());
    if (copied->from.size() < uids.size() && !command.uid && copied->from.empty())
        return refused("EXPUNGEISSUED", "The messages are gone");
    selected.note_appended(**target, copied->to);
    if (!copied->to.empty()) work.events.push_back({"append", command.mailbox, copied->to});
    if (!copied->from.empty() && command.move) work.events.push_back({"expunge", selected.name, copied->from});
    std::string code;
    if (!copied->from.empty())
        code = "COPYUID " + std::to_string(copied->uid_validity) + " " + encode_in_order(copied->from) + " " +
               encode_in_order(copied->to);
    if (!command.move) return done("Copied", std::move(code));
    // RFC 6851 section 4.3: before the messages go.
    if (!code.empty()) work.out += "* OK [" + code + "] Moved\r\n";
    write_changes(work, true);
    if (!work.enabled.condstore) return done("Moved", limited);
    const std::string highest = "HIGHESTMODSEQ " + std::to_string(selected.seen->highest_modseq());
    if (limited.empty()) return done("Moved", highest);
    work.out += "* OK [" + highest + "] is the highest\r\n";
    return done("Moved", limited);
}

}  // namespace mailpipe::app::serve
