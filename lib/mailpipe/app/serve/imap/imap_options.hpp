#pragma once

#include <cstdint>

namespace mailpipe::app {

// IMAP of mail-serve; a part of ServeOptions.
struct ImapOptions {
    std::uint32_t message_limit = 0;  // messages that one command works on (RFC 9738); 0: any number
    std::uint32_t progress_seconds =
        10;  // after which a client hears of a command that takes longer (RFC 9585)
};

}  // namespace mailpipe::app
