#pragma once

#include "mailpipe/app/fetch/job.hpp"
#include "mailpipe/app/fetch/pop3_plan.hpp"
#include "mailpipe/app/pop3_client.hpp"

namespace mailpipe::app {

// When no journal is there, or it knows none of the UIDLs (a server that was moved or has renumbered), what was
// delivered before is found again by its header, which TOP gives; without TOP everything counts as new. The state
// says so then. Behind the UIDL of a message that was deleted there may be another one: it counts as new, when its header
// is another, or without TOP its size. Errors: those of the connection, the session, the state and the destination's store.
Result<void> recognise_pop3(const Pop3Maildrop& maildrop, FetchJob& job, Pop3Client& client);

// What an earlier run has fetched and this one is to delete is looked at by its header first, where the server has TOP:
// a message that is another one than its UIDL says is fetched. Errors: as above.
Result<void> recheck_removals(Pop3Plan& plan, FetchJob& job, Pop3Client& client);

}  // namespace mailpipe::app
