#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/list.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/email/email.hpp"

namespace mailpipe::app {

// A mailbox in the vocabulary of RFC 8621 section 2, with a quota in that of RFC 9425 section 4.
struct Mailbox {
    struct Quota {
        std::string name;           // of the quota root
        std::string resource_type;  // "octets", "count"
        std::uint64_t used = 0;
        std::uint64_t hard_limit = 0;
    };

    std::string ref;                  // its location; empty: it holds mailboxes only, or cannot be named
    std::vector<std::string> levels;  // of its name
    std::string delimiter = "/";      // between them
    std::string role;                 // "inbox", "sent", ...; empty: none
    std::optional<bool> subscribed;
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> unread;
    std::optional<std::uint64_t> uid_next;
    std::optional<std::uint64_t> uid_validity;
    std::optional<std::uint64_t> size;
    std::vector<Quota> quotas;

    std::string full_name() const;
};

email::Json mailbox_record(const Mailbox& mailbox);

// A table with the tree of their names, and the quotas below it; for people, so that no control character gets
// through. Lines without line ends.
std::vector<std::string> mailbox_table(const std::vector<Mailbox>& mailboxes);

// INBOX first, then by name.
void sort_mailboxes(std::vector<Mailbox>& mailboxes);

// Of a Maildir with its folders, or of an mbox. A mailbox whose messages cannot be counted is reported.
Result<std::vector<Mailbox>> mailboxes_of_store(const Location& location, bool recursive,
                                                Diagnostics& diagnostics);
// Of an account.
Result<std::vector<Mailbox>> mailboxes_of_imap(const Location& location, config::Accounts& accounts,
                                               Trace* trace, Diagnostics& diagnostics);

// The name of a folder of a Maildir, decoded where it is in modified UTF-7; INBOX for the root.
std::vector<std::string> folder_levels(std::vector<std::string> levels);

// The same without numbers and quotas, over a connection that is logged in.
Result<std::vector<Mailbox>> names_of_imap(ImapClient& client);

// mail-list --mailboxes; the exit status.
int run_mailboxes(const ListOptions& options);

}  // namespace mailpipe::app
