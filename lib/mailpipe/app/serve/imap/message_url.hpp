#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mailpipe/app/serve/imap/mailbox_names.hpp"
#include "mailpipe/imap/server/fetch_item.hpp"

namespace mailpipe::app::serve {

// An IMAP URL of a message or a part of it (RFC 5092), with URLAUTH (RFC 4467).
//
//   url      = ["imap://" [user "@"] host [":" port]] "/" mailbox [";UIDVALIDITY=" n] "/;UID=" n ["/;SECTION=" section]
//              ["/;PARTIAL=" n ["." n]] [";EXPIRE=" date-time] [";URLAUTH=" access [":" mechanism ":" token]]
//   section  = part *("." part) [".MIME" / ".HEADER" / ".TEXT"] / "HEADER" / "TEXT"
struct MessageUrl {
    std::string user;  // whose mailbox it is; empty: the reader's
    std::string host;  // empty: a relative URL
    std::string mailbox;
    std::optional<std::uint32_t> uid_validity;
    std::uint32_t uid = 0;
    imap::server::Section section;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> partial;  // offset, octets
    std::optional<std::time_t> expires;
    std::string access;            // "user+alice", "submit+alice", "authuser", "anonymous"; empty: no URLAUTH
    std::string mechanism, token;  // token in hexadecimal
    std::string_view rump;         // what the token signs: up to and with the access; into the text
};

// Errors: usage.
Result<MessageUrl> parse_message_url(std::string_view text);

// The octets that it names. Errors: not_found for a message or part that is not there, and for another UIDVALIDITY; those of the
// mailbox.
Result<std::string> read_message_url(index::Mailbox& mailbox, const MessageUrl& url);

}  // namespace mailpipe::app::serve
