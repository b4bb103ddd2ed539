#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "mailpipe/app/fetch/retention.hpp"
#include "mailpipe/app/fetch/selection.hpp"

// What makes a run with rules of retention or selection as cheap as one without, where nothing has happened.
namespace mailpipe::app {

// A run with rules has left nothing to do in a mailbox (IMAP), which was so when the run selected it.
struct Settled {
    std::string rules;  // settled_rules()
    std::uint32_t uid_next = 0;
    std::uint32_t exists = 0;  // less what the run has deleted
    std::uint64_t modseq = 0;  // HIGHESTMODSEQ (RFC 7162); 0: the server has none
    std::int64_t until = 0;    // seconds since 1970: then a rule may have more to do; 0: never
    std::string maildirs;      // stamp_maildir() of those that --delete-removed compares; empty: none
    bool operator==(const Settled&) const = default;
};

// What tells these rules from others; empty: there are none, or what they leave to do may change with time alone,
// as with OLDER in a search.
std::string settled_rules(const Retention& retention, const Selection& selection);
// Whether flags decide, so that a mailbox in which only flags have changed may have something to do.
bool flags_decide(const Selection& selection);

// Says of a Maildir what differs when any name in it does; nullopt: a change that comes now might not show, as the last
// one was just before `now` (seconds since 1970), or it cannot be looked at. Several are joined by commas.
std::optional<std::string> stamp_maildir(const std::string& path, std::int64_t now);
// Octets of them that the last record of a journal has room for, where a glance at its end is to be enough.
inline constexpr std::size_t kStamps = 2000;
// Whether they are now as they were.
bool is_unchanged(const std::string& stamp);

}  // namespace mailpipe::app
