#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/queue/message.hpp"

// Error reports: what the sender of a message is told of its delivery (RFC 3461 section 6, RFC 3464, RFC 6522; RFC 6533
// for addresses that are not ASCII).
namespace mailpipe::queue {

struct ReportInput {
    ReportKind kind = ReportKind::failed;
    std::vector<std::uint32_t> recipients;  // whom it is about, at least one
    std::string header;                     // of the message, CRLF, with the empty line that ends it
    std::string body;  // the first part of what follows it, as long as returned_octets() says
};

struct ReportOptions {
    std::string host_name;  // Reporting-MTA
    std::uint32_t now = 0;
    std::uint32_t lifetime = 0;  // of the schedule: until when a delayed message is tried
    std::string seed;  // of its Message-ID and boundaries: up to 40 letters and digits, its own for each report
};

struct Report {
    std::string text;         // CRLF
    smtp::Envelope envelope;  // from nobody, to the sender
    std::vector<std::string> message_id;
};

// How much of the message's body a report returns: of a failure all of it up to this where RET is FULL, its first part
// where RET is not given, none with RET=HDRS or where nothing has failed.
inline constexpr std::uint64_t kReturnedFull = 10U << 20;
inline constexpr std::uint64_t kReturnedPart = 50'000;
std::uint64_t returned_octets(const Message& message, ReportKind kind);

// A multipart/report: in plain words, then message/delivery-status, then the message or what `body` has of it. Nothing
// that a server said can add a field or a line to it. Errors data: the header's octets cannot be returned.
Result<Report> build_report(const Message& message, const ReportInput& input, const ReportOptions& options);

}  // namespace mailpipe::queue
