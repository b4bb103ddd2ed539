#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

// Pieces of responses (RFC 9051 section 9).
namespace mailpipe::imap::server {

// nstring/string: quoted where the grammar allows it (7-bit, or UTF-8 with `utf8`, no CR, LF, NUL, up to 1000 octets), else
// a literal.
void write_string(std::string& out, std::string_view text, bool utf8 = false);
// A mailbox name: modified UTF-7, or UTF-8 with `utf8`; an atom where possible.
void write_mailbox(std::string& out, std::string_view name, bool utf8);
void write_number(std::string& out, std::uint64_t number);
// "(\Seen $Forwarded)".
void write_flags(std::string& out, const std::vector<std::string>& flags);
// "17-Jul-1996 02:44:25 +0000" with quotes, in UTC.
void write_date_time(std::string& out, std::time_t time);

}  // namespace mailpipe::imap::server
