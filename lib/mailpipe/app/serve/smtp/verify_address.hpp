#pragma once

#include "mailpipe/app/serve/smtp/recipients.hpp"
#include "mailpipe/smtp/server_session.hpp"

namespace mailpipe::app::serve {

// What VRFY and EXPN tell who has logged in (RFC 5321 section 3.5): where mail for an address, or a name of the first
// domain, goes. 252 for an address elsewhere.
smtp::Reply verify_address(const Recipients& recipients, const smtp::VerifyRequested& request);

}  // namespace mailpipe::app::serve
