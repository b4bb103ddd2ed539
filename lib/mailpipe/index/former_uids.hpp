#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/index/uid_trace.hpp"

// What another IMAP server has left in a Maildir, so that clients that it knew do not download all again.
namespace mailpipe::index {

inline constexpr std::size_t kUidList = 1U << 30;  // octets of such a file, or of our own

// Dovecot's dovecot-uidlist (store/dovecot_uidlist.hpp).
std::optional<UidTrace> parse_dovecot_uids(std::string_view text);

// Courier's courierimapuiddb:
//
//   header = "1 " uidvalidity " " nextuid LF
//   line   = uid " " filename LF
std::optional<UidTrace> parse_courier_uids(std::string_view text);

// Courier's courierimapkeywords/:list, which is added to the trace:
//
//   list = *(keyword LF) LF *(filename ":" number *(" " number) LF)
void parse_courier_keywords(std::string_view text, UidTrace& trace);

// Of what is there, the first of our own, Dovecot's and Courier's. The files are the user's own. Errors: io, limit for
// kUidList.
Result<std::optional<UidTrace>> read_former_uids(int maildir, const std::string& what);

}  // namespace mailpipe::index
