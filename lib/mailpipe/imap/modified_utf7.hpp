#pragma once

#include "mailpipe/base/modified_utf7.hpp"

namespace mailpipe::imap {

using mailpipe::decode_mailbox_name;
using mailpipe::encode_mailbox_name;

}  // namespace mailpipe::imap
