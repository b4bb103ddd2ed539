#include "mailpipe/app/serve/imap/commands.hpp"

namespace mailpipe::app::serve {

namespace proto = imap::server;

Outcome on_expunge(Work& work, const proto::Expunge& command) {
    Selected& selected = *work.state.selected;
    if (selected.read_only) return refused("READ-ONLY", "The mailbox is open for reading");
    if (!selected.rights.expunge()) return refused("NOPERM", "You may not expunge");
    std::optional<std::vector<index::Uid>> uids;
    std::string limited;
    if (command.uids) {
        auto indices = find_messages(selected, *command.uids, true);
        if (!indices) return bad(indices.error().message);
        if (work.enabled.message_limit != 0) {
            std::erase_if(*indices, [&](std::size_t index) {
                return ((*selected.seen)[index].flags & index::kDeleted) == 0;
            });
        }
        limited = limit_messages(work, *indices);
        uids = uids_of(selected, *indices);
    }
    auto expunged = selected.mailbox->expunge(uids);
    if (!expunged) return refusal_of(expunged.error());
    if (!expunged->first.empty()) work.events.push_back({"expunge", selected.name, expunged->first});
    std::string code;
    // RFC 7162 section 3.2.7: what the client knows then.
    if (work.enabled.condstore && !expunged->first.empty())
        code = "HIGHESTMODSEQ " + std::to_string(expunged->second);
    if (!limited.empty()) {
        if (!code.empty()) work.out += "* OK [" + code + "] is the highest\r\n";
        code = limited;
    }
    return done("Expunged", std::move(code));
}

Outcome on_close(Work& work) {
    const Selected& selected = *work.state.selected;
    std::optional<Outcome> failed;
    if (!selected.read_only && selected.rights.expunge()) {
        auto expunged = selected.mailbox->expunge(std::nullopt);
        if (!expunged) failed = refusal_of(expunged.error());
        if (expunged && !expunged->first.empty())
            work.events.push_back({"expunge", selected.name, expunged->first});
    }
    deselect(work);
    return failed ? *failed : done("Closed");
}

Outcome on_unselect(Work& work) {
    deselect(work);
    return done("Unselected");
}

}  // namespace mailpipe::app::serve
