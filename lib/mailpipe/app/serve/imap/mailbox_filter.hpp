#pragma once

#include <set>
#include <string>

#include "mailpipe/imap/server/command.hpp"
#include "mailpipe/index/account.hpp"

namespace mailpipe::app::serve {

// Whether a mailbox of the user's is one of those that a filter of NOTIFY or ESEARCH means (RFC 5465 section 6); the selected
// one is another matter.
bool is_in(const imap::server::MailboxFilter& filter, const std::string& name,
           const std::set<std::string>& subscribed);
// Names of what the user has subscribed to; none when they cannot be read.
std::set<std::string> subscriptions(index::Account& account);

}  // namespace mailpipe::app::serve
