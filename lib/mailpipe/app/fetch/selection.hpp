#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Which messages of a source a run looks at: it neither fetches nor deletes any other.
namespace mailpipe::app {

enum class Seen { any, seen, unseen };

struct Selection {
    Seen seen = Seen::any;                  // IMAP: --seen-only, --unseen-only
    std::optional<std::uint64_t> max_size;  // --max-size: octets
    std::optional<std::int64_t> max_age;    // IMAP: --max-age: seconds since it came to the mailbox
    std::string search;                     // IMAP: --search
    // IMAP: mailboxes of the account beside the one that the source names, which is left out when any are given.
    std::vector<std::string> mailboxes;  // --mailboxes: patterns of RFC 3501 section 6.3.8, "*" and "%"
    std::vector<std::string>
        special_use;          // --special-use: "\\Sent" and so on (RFC 6154), without the backslash
    bool subscribed = false;  // --subscribed: only those that the user has subscribed to

    bool any_mailboxes() const { return !mailboxes.empty() || !special_use.empty() || subscribed; }
    bool all_messages() const { return seen == Seen::any && !max_size && !max_age && search.empty(); }
};

}  // namespace mailpipe::app
