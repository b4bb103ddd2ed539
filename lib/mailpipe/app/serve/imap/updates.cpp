#include "mailpipe/app/serve/imap/updates.hpp"

#include <algorithm>

#include "mailpipe/app/serve/imap/fetch_line.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {

imap::server::Ranges vanished_of(const index::Snapshot& seen, const index::UidRanges& vanished,
                                 const std::optional<imap::server::NumberSet>& asked) {
    using imap::server::Ranges;
    const Ranges wanted = asked ? asked->resolve(seen.uid_next() - 1) : Ranges{{1, UINT32_MAX}};
    Ranges told;
    const auto tell = [&](index::Uid first, index::Uid last) {
        if (first <= last) told.emplace_back(first, last);
    };
    auto other = wanted.begin();
    for (const auto& [first, last] : vanished) {
        while (other != wanted.end() && other->second < first)
            ++other;
        for (auto at = other; at != wanted.end() && at->first <= last; ++at) {
            index::Uid from = std::max(first, at->first);
            const index::Uid end = std::min(last, at->second);
            std::size_t there = seen.lower_bound(from);
            for (; there < seen.size() && seen[there].uid <= end; ++there) {
                tell(from, seen[there].uid - 1);
                from = seen[there].uid + 1;
            }
            tell(from, end);
        }
    }
    return told;
}

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
        write_all_flags(out, *now);
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
