#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/app/header_hold.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

// What a submission server does to a message (RFC 6409 section 8), and to no other.
struct Fixups {
    std::string fields;  // CRLF text that goes before the message
    std::vector<std::pair<std::uint64_t, std::uint64_t>>
        blind;  // offset and length of what goes: Bcc and Resent-Bcc
};

// What is missing of Message-ID, Date and From; the latter is the sender's address, where it has one. Errors: limit for a header that is longer
// than kHeaderSize, in which a Bcc could be left; io.
Result<Fixups> make_fixups(const HeaderHold& header, const smtp::Mailbox& sender);

}  // namespace mailpipe::app::serve
