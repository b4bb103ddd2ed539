#include "mailpipe/email/delivery_report.hpp"

#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/enhanced_status.hpp"

namespace mailpipe::email {
namespace {

constexpr auto kActions = std::to_array<std::pair<std::string_view, DeliveryAction>>({
    {"failed", DeliveryAction::failed},
    {"delayed", DeliveryAction::delayed},
    {"delivered", DeliveryAction::delivered},
    {"relayed", DeliveryAction::relayed},
    {"expanded", DeliveryAction::expanded},
});

// The word at the start; a comment may follow.
std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find_first_of(" ("));
}

DeliveryAction parse_action(std::string_view text) {
    for (const auto& [name, action] : kActions) {
        if (ascii::equals_ignore_case(first_word(text), name)) return action;
    }
    return DeliveryAction::unknown;
}

// Many systems write 5.0.0 and leave the code of the other side in its words.
std::string better_status(std::string_view status, std::string_view diagnostic) {
    std::string known(find_enhanced_status(status));
    if (known.empty() || known.ends_with(".0.0")) {
        const std::string_view other = find_enhanced_status(diagnostic);
        if (!other.empty() && (known.empty() || other[0] == known[0])) return std::string(other);
    }
    return known;
}

DeliveredRecipient parse_recipient(const mime::Header& group) {
    DeliveredRecipient out;
    out.final_recipient = parse_typed_value(report_field(group, "Final-Recipient")).value;
    out.original_recipient = parse_typed_value(report_field(group, "Original-Recipient")).value;
    out.action = parse_action(report_field(group, "Action"));
    out.remote_mta = parse_typed_value(report_field(group, "Remote-MTA"));
    out.diagnostic = parse_typed_value(report_field(group, "Diagnostic-Code"));
    out.status = better_status(report_field(group, "Status"), out.diagnostic.value);
    out.will_retry_until = report_field(group, "Will-Retry-Until");
    return out;
}

bool is_recipient(const mime::Header& group) {
    return group.find("Final-Recipient") != nullptr || group.find("Original-Recipient") != nullptr ||
           group.find("Action") != nullptr;
}

std::string what_happened(DeliveryAction action, const std::string& whom) {
    switch (action) {
        case DeliveryAction::failed:
            return "Delivery to " + whom + " failed";
        case DeliveryAction::delayed:
            return "Delivery to " + whom + " is delayed";
        case DeliveryAction::delivered:
            return "Delivered to " + whom;
        case DeliveryAction::relayed:
            return "Passed on for " + whom + " to a mail system that may send no report";
        case DeliveryAction::expanded:
            return "Delivered to " + whom + ", which passed it on to others";
        case DeliveryAction::unknown:
            break;
    }
    return "What became of the delivery to " + whom + " is not said";
}

// "(5.2.2; smtp; 552 over quota; from mx.example.com)"
std::string evidence(const DeliveredRecipient& recipient) {
    std::string out;
    for (const std::string& part : {recipient.status, recipient.diagnostic.type, recipient.diagnostic.value}) {
        if (part.empty()) continue;
        out += (out.empty() ? " (" : "; ") + part;
    }
    return out.empty() ? out : out + ")";
}

}  // namespace

DeliveryReport parse_delivery_report(std::string_view body) {
    DeliveryReport report;
    for (const mime::Header& group : parse_field_groups(body)) {
        if (is_recipient(group)) report.recipients.push_back(parse_recipient(group));
        // First in its own group; some systems forget the empty line behind.
        if (report.reporting_mta.empty())
            report.reporting_mta = parse_typed_value(report_field(group, "Reporting-MTA")).value;
        if (report.arrival_date.empty()) report.arrival_date = report_field(group, "Arrival-Date");
    }
    return report;
}

std::string delivery_sentence(const DeliveredRecipient& recipient) {
    std::string whom =
        recipient.original_recipient.empty() ? recipient.final_recipient : recipient.original_recipient;
    if (whom.empty()) whom = "a recipient without a name";
    // Where the mail was forwarded to is what the sender does not know, and what failed.
    if (!recipient.final_recipient.empty() && !ascii::equals_ignore_case(recipient.final_recipient, whom))
        whom = recipient.final_recipient + " (sent to " + whom + ")";
    std::string out = what_happened(recipient.action, whom);
    const bool good = recipient.action == DeliveryAction::delivered ||
                      recipient.action == DeliveryAction::relayed ||
                      recipient.action == DeliveryAction::expanded;
    if (const auto meaning = enhanced_status_meaning(recipient.status); meaning && !good)
        out += ": " + std::string(*meaning);
    if (recipient.action == DeliveryAction::delayed && !recipient.will_retry_until.empty())
        out += "; it will be tried until " + recipient.will_retry_until;
    return out + evidence(recipient);
}

}  // namespace mailpipe::email
