#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mailpipe/base/export.hpp"
#include "mailpipe/smtp/envelope.hpp"

namespace mailpipe::app {

// What a message asks of the servers on its way, beside its delivery.
struct SubmissionOptions {
    std::optional<smtp::Notify> notify;   // with it, ORCPT is the address as it was given
    std::optional<std::string> original;  // ORCPT, "rfc822;ADDRESS", of all recipients
    smtp::Return ret = smtp::Return::unspecified;
    std::string envelope_id;
    std::optional<smtp::DeliverBy> by;
    std::optional<std::int64_t> hold_for;    // seconds
    std::optional<std::int64_t> hold_until;  // seconds since 1970
    std::optional<int> priority;
    bool require_tls = false;
    bool binary = false;  // what SMTP lines cannot carry goes as it is, where BINARYMIME is offered
};

// Puts them into an envelope whose recipients are there.
void ask(const SubmissionOptions& options, smtp::Envelope& envelope);

// "never", or "success", "failure" and "delay" with commas between. Error usage.
MAILPIPE_EXPORT Result<smtp::Notify> parse_notify(const std::string& text);
// "SECONDS[:R|N][T]", as BY of RFC 2852 has it with ";"; R by default. A duration such as "2h" does as well. Error usage.
MAILPIPE_EXPORT Result<smtp::DeliverBy> parse_deliver_by(const std::string& text);
// date-time of RFC 3339, to seconds since 1970. Error usage.
MAILPIPE_EXPORT Result<std::int64_t> parse_hold_until(const std::string& text);

}  // namespace mailpipe::app
