#pragma once

#include "mailpipe/app/serve/imap/imap_state.hpp"
#include "mailpipe/imap/server/command.hpp"

// URLAUTH (RFC 4467): a URL with which others may read one message of a mailbox. Its token is an HMAC with a key of the
// mailbox, which RESETKEY makes anew, so that all URLs given out before are worth nothing.
namespace mailpipe::app::serve {

Outcome on_gen_url_auth(Work& work, const imap::server::GenUrlAuth& command);
Outcome on_reset_key(Work& work, const imap::server::ResetKey& command);
Outcome on_url_fetch(Work& work, const imap::server::UrlFetch& command);

}  // namespace mailpipe::app::serve
