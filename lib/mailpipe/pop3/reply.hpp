#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"

// The first line of a POP3 reply (RFC 1939 section 3) with its response code (RFC 2449 section 8, RFC 3206).
namespace mailpipe::pop3 {

struct StatusReply {
    bool ok = false;
    std::string_view text;  // behind the status indicator and the response code
    std::string code;       // upper case, without brackets; empty when there is none
};

// nullopt for a line that is neither +OK nor -ERR. The views point into `line`.
std::optional<StatusReply> parse_status(std::string_view line);

// What a -ERR with this response code means; `otherwise` when the code says nothing that we know.
Errc refusal_kind(const StatusReply& reply, Errc otherwise);

// "WHAT: text" with the reply attached.
Error refusal(const StatusReply& reply, Errc otherwise, const std::string& what);

// The msg-id of an APOP greeting with its angle brackets, empty when there is none. Strict, since a man in the
// middle who may choose freely finds the password's first characters by MD5 collisions (CVE-2007-1558).
std::string_view find_timestamp(std::string_view greeting);

// A line of the peer for an error message: without control characters, at most 200 octets.
std::string quote_line(std::string_view line);

}  // namespace mailpipe::pop3
