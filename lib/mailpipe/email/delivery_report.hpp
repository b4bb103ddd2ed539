#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/email/report_fields.hpp"

namespace mailpipe::email {

enum class DeliveryAction { failed, delayed, delivered, relayed, expanded, unknown };

// What became of one recipient (RFC 3464 section 2.3). Empty when the report does not say.
struct DeliveredRecipient {
    std::string final_recipient;     // the address alone
    std::string original_recipient;  // as the sender wrote it
    DeliveryAction action = DeliveryAction::unknown;
    std::string status;  // an enhanced status code: of Status, or the one in the diagnostic if that says more
    TypedValue remote_mta;         // "dns", the host
    TypedValue diagnostic;         // "smtp", "550 no such user"
    std::string will_retry_until;  // a date, as it is written
};

// The body of a message/delivery-status (RFC 3464) or message/global-delivery-status (RFC 6533).
struct DeliveryReport {
    std::string reporting_mta;  // the host alone
    std::string arrival_date;   // as it is written
    std::vector<DeliveredRecipient> recipients;
};

MAILPIPE_EXPORT DeliveryReport parse_delivery_report(std::string_view body);

// "Delivery to bob@example.com failed: the mailbox is full (5.2.2; smtp; 552 over quota)". One line.
MAILPIPE_EXPORT std::string delivery_sentence(const DeliveredRecipient& recipient);

}  // namespace mailpipe::email
