#pragma once

#include <string>

#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app {

// An address as people write it: a domain with other letters than ASCII becomes its A-labels (IDNA2008, RFC 5891), which
// every server takes; a local part with such letters stays, and needs SMTPUTF8. Errors: data with rule and offset, or with
// what IDNA has against the domain.
Result<smtp::Mailbox> parse_address(const std::string& text);

}  // namespace mailpipe::app
