#include <algorithm>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/fetch_line.hpp"
#include "mailpipe/app/serve/imap/flag_set.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;
using Mode = proto::Store::Mode;

index::StoreMode mode_of(Mode mode) {
    return mode == Mode::replace ? index::StoreMode::replace
           : mode == Mode::add   ? index::StoreMode::add
                                 : index::StoreMode::remove;
}

// What the client can work out for itself after STORE with .SILENT.
struct Expected {
    std::uint8_t flags = 0;
    std::uint64_t keywords = 0;
};

class Storing {
 public:
    Storing(Work& work, const proto::Store& command)
        : work_(work), command_(command), selected_(*work.state.selected) {}

    Outcome run() {
        if (selected_.read_only) return refused("READ-ONLY", "The mailbox is open for reading");
        const index::FlagSet given = make_flag_set(command_.flags);
        const index::FlagSet flags = allowed_flags(given, selected_.rights);
        if (is_empty(flags) && !is_empty(given)) return refused("NOPERM", "You may not change these flags");
        auto indices = find_messages(selected_, command_.set, command_.uid);
        if (!indices) return bad(indices.error().message);
        // With a right for some flags only, those may be replaced and the others not.
        const bool limited =
            !(selected_.rights.write() && selected_.rights.keep_seen() && selected_.rights.mark_deleted());
        if (limited && command_.mode == Mode::replace)
            return refused("NOPERM", "You may not replace all flags; add or remove those that you may change");
        limited_ = limit_messages(work_, *indices);
        const auto uids = uids_of(selected_, *indices);
        auto result = selected_.mailbox->store(uids, mode_of(command_.mode), flags, command_.unchanged_since);
        if (!result) return refusal_of(result.error());
        tell(*result, flags);
        return outcome(*result);
    }

 private:
    Expected expected(const index::Message& before, const index::Snapshot& now,
                      const index::FlagSet& flags) const {
        std::uint64_t keywords = 0;
        for (const std::string& keyword : flags.keywords)
            if (const auto bit = now.keyword(keyword)) keywords |= std::uint64_t{1} << *bit;
        switch (command_.mode) {
            case Mode::replace:
                return {flags.flags, keywords};
            case Mode::add:
                return {static_cast<std::uint8_t>(before.flags | flags.flags), before.keywords | keywords};
            case Mode::remove:
                break;
        }
        return {static_cast<std::uint8_t>(before.flags & ~flags.flags), before.keywords & ~keywords};
    }

    // Each message that was asked for is told now, so that updates need not tell it once more.
    void tell(const index::Mailbox::StoreResult& result, const index::FlagSet& flags) {
        const auto now = selected_.mailbox->snapshot();
        const auto seen = selected_.seen;
        if (now->keywords().size() != seen->keywords().size()) {
            work_.out += "* FLAGS ";
            write_all_flags(work_.out, *now);
            work_.out += "\r\n";
        }
        index::SnapshotBuilder known(*seen);
        known.set_keywords(now->keywords());
        for (const index::Uid uid : result.stored) {
            const auto at = now->find(uid);
            const auto before = seen->find(uid);
            if (!at || !before) continue;
            const index::Message& message = (*now)[*at];
            const Expected known_flags = expected((*seen)[*before], *now, flags);
            const bool silent = command_.silent && known_flags.flags == message.flags &&
                                known_flags.keywords == message.keywords;
            if (message.modseq != (*seen)[*before].modseq) known.put(message);
            if (silent && !work_.enabled.condstore) continue;
            FetchLine line(work_.out, work_.enabled, *before, uid);
            // RFC 7162 section 3.2.4: UIDs come with MODSEQs.
            if (command_.uid || work_.enabled.condstore) line.uid(uid);
            if (!silent) line.flags(*now, message);
            if (work_.enabled.condstore) line.modseq(message.modseq);
            line.end();
        }
        selected_.seen = known.build();
    }

    Outcome outcome(const index::Mailbox::StoreResult& result) const {
        const bool has_code = !result.modified.empty() || (!result.gone.empty() && !command_.uid);
        if (has_code && !limited_.empty()) work_.out += "* OK [" + limited_ + "] There are more\r\n";
        if (!result.modified.empty()) {
            std::vector<std::uint32_t> numbers = result.modified;
            if (!command_.uid)
                for (std::uint32_t& number : numbers)
                    number = static_cast<std::uint32_t>(*selected_.seen->find(number) + 1);
            return done("Some have been changed by others",
                        "MODIFIED " + proto::encode_ranges(proto::ranges_of(numbers)));
        }
        // RFC 2180 section 4.2.1: some are gone. By UID those are none.
        if (!result.gone.empty() && !command_.uid)
            return refused("EXPUNGEISSUED", "Some of the messages are gone");
        return done("Stored", limited_);
    }

    Work& work_;
    const proto::Store& command_;
    Selected& selected_;
    std::string limited_;  // the code of MESSAGELIMIT
};

}  // namespace

Outcome on_store(Work& work, const proto::Store& command) {
    if (command.unchanged_since) {
        work.enables_condstore = true;
        work.enabled.condstore = true;
    }
    return Storing(work, command).run();
}

}  // namespace mailpipe::app::serve
