#pragma once

#include <cstdint>
#include <vector>

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/imap_client.hpp"

namespace mailpipe::app {

// What is to be done with a selected mailbox. All UIDs ascend.
struct ImapPlan {
    std::vector<std::uint32_t> listed;  // all there are, or those from the first that may be new
    bool listed_all = true;
    std::vector<std::uint32_t> fetch;
    std::vector<std::uint32_t> remove;  // safe since an earlier run
    bool rests = false;                 // nothing has happened since a run that left nothing to do

    // Whether the list may be believed that what is not in it is not there, with so many messages in the mailbox.
    bool knows_all(std::uint32_t exists) const;
    // Whether a message is to go once it is safe.
    bool goes(std::uint32_t uid) const;

    std::vector<std::uint32_t> looked_at;  // of listed: what the selection or the refs leave
    Judgement judged;                      // each of looked_at
};

// What is to be asked of a mailbox when it is selected: whether anything has happened that the rules of the job could
// be about, and what.
struct ImapNews {
    imap::SelectNews news = imap::SelectNews::none;
    imap::MailboxPast past;
};
ImapNews news_wanted(const FetchJob& job);

// Asks the server for what is there and decides, and brings the state to the UIDVALIDITY of the mailbox: what was
// delivered under another one, or is in the destination without a journal, is found again by its header. Errors:
// those of the connection, the session, the state and the destination's store; usage for a search that cannot be
// parsed.
Result<ImapPlan> plan_imap(FetchJob& job, ImapClient& client);

}  // namespace mailpipe::app
