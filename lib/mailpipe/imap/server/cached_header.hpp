#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailpipe::imap::server {

// Whether an index keeps the fields of that name: those that searching, sorting and threading read, and those that clients
// fetch for their lists of messages. What is wanted of these alone needs no message.
bool is_cached_field(std::string_view name);
bool are_cached_fields(const std::vector<std::string>& names);

// The fields of those names out of what cached_header() made, with the empty line at the end: as HEADER.FIELDS says them.
std::string select_cached(std::string_view cached, const std::vector<std::string>& names);

// Those fields of a header as they are written, in their order, with CRLF and the empty line at the end.
std::string cached_header(std::string_view header);

}  // namespace mailpipe::imap::server
