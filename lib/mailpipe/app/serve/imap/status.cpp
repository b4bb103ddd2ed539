#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;
using proto::StatusItem;

void write_item(std::string& out, StatusItem item, const index::Snapshot& snapshot,
                const index::Mailbox& mailbox, std::uint64_t max_message_size) {
    const auto number = [&](std::string_view name, std::uint64_t value) {
        out.append(name).append(" ");
        proto::write_number(out, value);
    };
    switch (item) {
        case StatusItem::messages:
            return number("MESSAGES", snapshot.size());
        case StatusItem::recent:
            return number("RECENT", 0);
        case StatusItem::uid_next:
            return number("UIDNEXT", snapshot.uid_next());
        case StatusItem::uid_validity:
            return number("UIDVALIDITY", snapshot.uid_validity());
        case StatusItem::unseen:
            return number("UNSEEN", snapshot.unseen());
        case StatusItem::deleted:
            return number("DELETED", snapshot.deleted());
        case StatusItem::size:
            return number("SIZE", snapshot.octets());
        case StatusItem::highest_modseq:
            return number("HIGHESTMODSEQ", snapshot.highest_modseq());
        case StatusItem::append_limit:
            return number("APPENDLIMIT", max_message_size);
        case StatusItem::deleted_storage:
            return number("DELETED-STORAGE", snapshot.deleted_octets());
        case StatusItem::mailbox_id:
            out.append("MAILBOXID (").append(mailbox.id()).append(")");
    }
}

}  // namespace

Result<void> write_status(Work& work, const Place& place, const std::string& name,
                          const std::vector<StatusItem>& items) {
    auto mailbox = work.state.names.open(place);
    if (!mailbox) return tl::unexpected(mailbox.error());
    if (auto fresh = (*mailbox)->refresh(); !fresh && fresh.error().kind != Errc::io) return fresh;
    const auto snapshot = (*mailbox)->snapshot();
    std::string& out = work.out;
    out += "* STATUS ";
    proto::write_mailbox(out, name, work.enabled.utf8);
    out += " (";
    const std::size_t begin = out.size();
    for (const StatusItem item : items) {
        if (out.size() > begin) out += ' ';
        write_item(out, item, *snapshot, **mailbox, work.state.config.max_message_size);
        // RFC 7162 section 3.1: asking for it turns CONDSTORE on.
        if (item == StatusItem::highest_modseq) work.enables_condstore = true;
    }
    out += ")\r\n";
    return {};
}

Outcome on_status(Work& work, const proto::Status& command) {
    auto place = work.state.names.find(command.mailbox);
    if (!place) return refusal_of(place.error());
    if (!place->rights.read()) return refused("NOPERM", "You may not read it");
    auto written = write_status(work, *place, command.mailbox, command.items);
    return written ? done("That is its status") : refusal_of(written.error());
}

}  // namespace mailpipe::app::serve
