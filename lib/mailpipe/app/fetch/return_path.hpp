#pragma once

#include "mailpipe/mime/header.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app {

// The reverse-path that the delivery to the source has written into the topmost Return-Path field (RFC 5321 section
// 4.4). Null where there is none, or nothing that can be one: a bounce of a message that was delivered once already
// would reach whoever the header claims to be the sender, so that From and Sender do not count.
smtp::Mailbox return_path(const mime::Header& header);

}  // namespace mailpipe::app
