#include <utility>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/fetch_line.hpp"
#include "mailpipe/app/serve/imap/updates.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

void write_code(std::string& out, std::string_view code, std::uint64_t number, std::string_view text) {
    out.append("* OK [").append(code).append(" ");
    proto::write_number(out, number);
    out.append("] ").append(text).append("\r\n");
}

void write_first_unseen(std::string& out, const index::Snapshot& snapshot) {
    if (snapshot.unseen() == 0) return;
    for (std::size_t index = 0; index < snapshot.size(); ++index) {
        if ((snapshot[index].flags & index::kSeen) != 0) continue;
        return write_code(out, "UNSEEN", index + 1, "is the first unseen");
    }
}

// `given`: the name as the client gave it.
void write_state(Work& work, const Selected& selected, const std::string& given) {
    const index::Snapshot& snapshot = *selected.seen;
    std::string& out = work.out;
    out += "* FLAGS ";
    write_all_flags(out, snapshot);
    out += "\r\n* OK [PERMANENTFLAGS ";
    if (selected.read_only) {
        out += "()] None can be changed\r\n";
    } else {
        write_changeable_flags(out, snapshot, selected.rights);
        out += "] They stay\r\n";
    }
    out += "* ";
    proto::write_number(out, snapshot.size());
    out += " EXISTS\r\n";
    if (!work.enabled.rev2) {
        out += "* 0 RECENT\r\n";
        if (!work.enabled.uid_only) write_first_unseen(out, snapshot);
    }
    write_code(out, "UIDVALIDITY", snapshot.uid_validity(), "UIDs are valid");
    write_code(out, "UIDNEXT", snapshot.uid_next(), "is the next UID");
    write_code(out, "HIGHESTMODSEQ", snapshot.highest_modseq(), "is the highest");
    out.append("* OK [MAILBOXID (").append(selected.mailbox->id()).append(")] It stays when renamed\r\n");
    if (!work.enabled.rev2) return;
    out += "* LIST () \"/\" ";
    proto::write_mailbox(out, selected.name, work.enabled.utf8);
    if (selected.name != given) {
        out += " (\"OLDNAME\" (";
        proto::write_mailbox(out, given, work.enabled.utf8);
        out += "))";
    }
    out += "\r\n";
}

// RFC 7162 section 3.2.5. The sequence match data is not needed: what has vanished is known exactly, or all is told.
Result<void> write_resync(Work& work, const Selected& selected, const proto::Select::Resync& resync) {
    const index::Snapshot& snapshot = *selected.seen;
    if (resync.uid_validity != snapshot.uid_validity()) return {};
    auto vanished = selected.mailbox->vanished_since(resync.modseq);
    if (!vanished) return tl::unexpected(vanished.error());
    write_vanished(work.out, vanished_of(snapshot, *vanished, resync.known_uids), true);
    const auto known =
        resync.known_uids ? std::optional(resync.known_uids->resolve(snapshot.uid_next() - 1)) : std::nullopt;
    snapshot.for_each([&](std::size_t index, const index::Message& message) {
        if (message.modseq <= resync.modseq) return;
        if (known && !proto::contains(*known, message.uid)) return;
        write_changed(work.out, work.enabled, snapshot, index, true);
    });
    return {};
}

}  // namespace

void deselect(Work& work) {
    if (!work.state.selected) return;
    work.state.selected.reset();
    work.selection_changes = true;
}

Outcome on_select(Work& work, const proto::Select& command) {
    if (work.state.selected) {
        deselect(work);
        work.out += "* OK [CLOSED] The mailbox before is closed\r\n";
    }
    auto place = work.state.names.find(command.mailbox);
    if (!place) return refusal_of(place.error());
    if (!place->rights.read()) return refused("NOPERM", "You may not read it");
    auto mailbox = work.state.names.open(*place);
    if (!mailbox) return refusal_of(mailbox.error());
    Selected selected;
    selected.name = place->shown;
    selected.mailbox = std::move(*mailbox);
    selected.watch = selected.mailbox->watch(work.state.changed);
    // On a full disk what came in last is not known: the rest can be read, and removed.
    if (auto fresh = selected.mailbox->refresh(); !fresh && fresh.error().kind != Errc::io)
        return refusal_of(fresh.error());
    selected.seen = selected.mailbox->snapshot();
    selected.rights = place->rights;
    selected.read_only = command.read_only || !place->rights.may_change_something();
    if (command.condstore || command.resync) {
        work.enables_condstore = true;
        work.enabled.condstore = true;
    }
    write_state(work, selected, command.mailbox);
    if (command.resync) {
        if (auto written = write_resync(work, selected, *command.resync); !written)
            return refusal_of(written.error());
    }
    const bool read_only = selected.read_only;
    work.state.selected = std::move(selected);
    work.selection_changes = true;
    return read_only ? done("It can be read", "READ-ONLY") : done("It can be read and written", "READ-WRITE");
}

}  // namespace mailpipe::app::serve
