#include "mailpipe/app/serve/imap/updates.hpp"

#include "mailpipe/app/serve/imap/fetch_line.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {

void write_vanished(std::string& out, const imap::server::Ranges& uids, bool earlier) {
    if (uids.empty()) return;
    out += earlier ? "* VANISHED (EARLIER) " : "* VANISHED ";
    out += imap::server::encode_ranges(uids);
    out += "\r\n";
}

void write_updates(Selected& selected, const Enabled& enabled, bool may_expunge, std::string& out) {
    std::shared_ptr<const index::Snapshot> now = selected.mailbox->snapshot();
    if (now == selected.seen) return;
    if (!may_expunge) now = index::keep_expunged(*selected.seen, *now);
    const index::Snapshot& seen = *selected.seen;
    const auto diff = index::SnapshotDiff::between(seen, *now);
    if (enabled.qresync || enabled.uid_only) {
        write_vanished(out, imap::server::ranges_of(diff.expunged_uids), false);
    } else {
        for (const std::uint32_t number : diff.expunged_numbers) {
            out += "* ";
            imap::server::write_number(out, number);
            out += " EXPUNGE\r\n";
        }
    }
    if (now->keywords().size() != seen.keywords().size()) {
        out += "* FLAGS ";
        write_all_flags(out, *now, false);
        out += "\r\n";
    }
    if (diff.added > 0) {
        out += "* ";
        imap::server::write_number(out, now->size());
        out += enabled.rev2 ? " EXISTS\r\n" : " EXISTS\r\n* 0 RECENT\r\n";
    }
    for (const std::size_t index : diff.changed)
        write_changed(out, enabled, *now, index, true);
    selected.seen = std::move(now);
}

}  // namespace mailpipe::app::serve
