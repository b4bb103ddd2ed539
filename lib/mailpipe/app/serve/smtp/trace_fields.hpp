#pragma once

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

#include "mailpipe/smtp/types.hpp"

// The fields that a delivery puts before a message (RFC 5321 section 4.4), and what is read of those already
// there.
namespace mailpipe::app::serve {

struct TraceInfo {
    smtp::Mailbox reverse_path;
    smtp::Mailbox recipient;
    std::string helo;
    std::string peer_address;  // "192.0.2.7", "2001:db8::1"; empty: a Unix socket
    std::string host_name;
    std::string protocol;  // with_protocol()
    std::string id;
    std::time_t time = 0;
};

// "ESMTP", "ESMTPS", "ESMTPSA", "LMTPS", ... (RFC 3848); where SMTPUTF8 was asked for, "UTF8SMTP", "UTF8SMTPS", ...
// (RFC 6531 section 4.3)
std::string with_protocol(bool lmtp, bool esmtp, bool utf8, bool tls, bool authenticated);

// Return-Path, Delivered-To and Received, as CRLF text.
std::string trace_fields(const TraceInfo& info);
// Received alone, without the recipient: of a message that goes on, perhaps to several.
std::string received_field(const TraceInfo& info);

// date-time of RFC 5322 section 3.3, in UTC.
std::string rfc5322_date(std::time_t time);

// Counts the Received fields of a header that comes in pieces of any size.
class ReceivedCounter {
 public:
    void append(std::string_view crlf_text);
    std::size_t count() const { return count_; }

 private:
    bool in_header_ = true;
    std::string line_start_;  // of the current line, as long as it may be "Received:"
    bool line_judged_ = false;
    std::size_t count_ = 0;
};

}  // namespace mailpipe::app::serve
