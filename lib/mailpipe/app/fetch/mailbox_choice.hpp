#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/fetch/selection.hpp"
#include "mailpipe/app/imap_client.hpp"

namespace mailpipe::app {

// Whether an IMAP mailbox name matches a pattern of LIST (RFC 3501 section 6.3.8): "*" stands for any characters,
// "%" for any but the delimiter; INBOX in any case. `delimiter` may be empty.
bool matches_mailbox_pattern(std::string_view pattern, std::string_view name, std::string_view delimiter);

struct ChosenMailbox {
    Location location;
    std::string delimiter;  // of levels in its name; empty: there are none
};
// The mailboxes of the account that all parts of the selection name, INBOX first, then by name; those that hold no
// messages are left out. Errors: not_found when there is none; unsupported for --special-use and --subscribed when
// the server does not tell them; those of the connection.
Result<std::vector<ChosenMailbox>> choose_mailboxes(ImapClient& client, const Selection& selection);

}  // namespace mailpipe::app
