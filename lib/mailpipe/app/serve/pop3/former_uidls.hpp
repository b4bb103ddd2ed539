#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mailpipe/base/error.hpp"

// What another POP3 server has left in a Maildir, so that clients that it knew do not download all again.
namespace mailpipe::app::serve {

inline constexpr std::size_t kUidlList = 256U << 20;  // octets of such a file

struct FormerMessage {
    std::string uidl;
    std::optional<std::uint64_t> size = {};  // CRLF octets, where the server has kept it
};
using FormerMessages = std::unordered_map<std::string, FormerMessage>;  // by Entry::id

// Dovecot's dovecot-uidlist (store/dovecot_uidlist.hpp).
//
// Without "P" the UIDL is that of Dovecot's default pop3_uidl_format, %08Xu%08Xv: UID and UIDVALIDITY in lower-case
// hexadecimal.
FormerMessages parse_dovecot_uidlist(std::string_view text);

// Courier's courierpop3dsizelist:
//
//   header = "/" version " " nextuid " " uidvalidity
//   line   = filename " " size " " n ":" uidvalidity [":" number]    ; version 1: without the last two
//
// The UIDL is "UID" n "-" uidvalidity; without an uidvalidity "UID" n; for n = 0 the name itself.
FormerMessages parse_courier_sizelist(std::string_view text);

// Of the first of the two that is there; lines that do not fit, and UIDLs that RFC 1939 forbids, are left out. Both files
// are the user's own and say nothing of other users. Errors: io, limit for kUidlList.
Result<FormerMessages> read_former_messages(const std::string& maildir);

}  // namespace mailpipe::app::serve
