#pragma once

#include <string_view>

#include "mailpipe/smtp/command.hpp"
#include "mailpipe/smtp/envelope.hpp"
#include "mailpipe/smtp/server_extensions.hpp"

// The parameters of MAIL and RCPT as a server reads them. Internal to smtp/.
namespace mailpipe::smtp {

// "SIZE=1000 BODY=8BITMIME ...", into `out`, which has the reverse-path. What is not in `offered` is refused with 555; what is
// malformed, out of its limits or there twice with 501 5.5.4; an address that is not ASCII without SMTPUTF8 with 553 5.6.7.
// AUTH is taken and ignored: no peer is trusted to name a submitter (RFC 4954 section 5).
Parsed<void> parse_mail_parameters(std::string_view parameters, const ServerExtensions& offered, Envelope& out);

// "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;alice@example.org"
Parsed<RecipientOptions> parse_rcpt_parameters(std::string_view parameters, const ServerExtensions& offered);

}  // namespace mailpipe::smtp
