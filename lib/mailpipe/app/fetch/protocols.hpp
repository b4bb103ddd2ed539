#pragma once

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/pop3_client.hpp"

namespace mailpipe::app {

// Each fetches what is to be fetched over a connection that is logged in, and deletes what is to go. Errors: those
// that end the session, or concern the mailbox as a whole; all others are reported.
Result<void> fetch_pop3(FetchJob& job, Pop3Client& client);
Result<void> fetch_imap(FetchJob& job, ImapClient& client);

}  // namespace mailpipe::app
