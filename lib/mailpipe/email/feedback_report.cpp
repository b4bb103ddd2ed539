#include "mailpipe/email/feedback_report.hpp"

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/report_fields.hpp"

namespace mailpipe::email {
namespace {

std::string address_of(std::string_view text) {
    return parse_typed_value(text).value;
}

std::string what_happened(const FeedbackReport& report) {
    if (report.type == "abuse") return "was reported as spam";
    if (report.type == "fraud") return "was reported as fraud or phishing";
    if (report.type == "virus") return "was reported to hold a virus";
    if (report.type == "not-spam") return "was reported to be no spam";
    if (report.type == "auth-failure") return "failed authentication";
    if (report.type.empty() || report.type == "other") return "was reported";
    return "was reported as " + report.type;
}

}  // namespace

FeedbackReport parse_feedback_report(std::string_view body) {
    FeedbackReport report;
    const auto take = [](std::string& place, std::string value) {
        if (place.empty()) place = std::move(value);
    };
    for (const mime::Header& group : parse_field_groups(body)) {
        take(report.type, ascii::to_lower(report_field(group, "Feedback-Type")));
        take(report.user_agent, report_field(group, "User-Agent"));
        take(report.original_mail_from, address_of(report_field(group, "Original-Mail-From")));
        take(report.source_ip, report_field(group, "Source-IP"));
        take(report.arrival_date, report_field(group, "Arrival-Date"));
        take(report.arrival_date, report_field(group, "Received-Date"));
        take(report.incidents, report_field(group, "Incidents"));
        take(report.auth_failure, ascii::to_lower(report_field(group, "Auth-Failure")));
        for (const std::string& text : report_fields(group, "Original-Rcpt-To"))
            report.original_rcpt_to.push_back(address_of(text));
        for (std::string& text : report_fields(group, "Reported-Domain"))
            report.reported_domains.push_back(std::move(text));
    }
    return report;
}

std::string feedback_sentence(const FeedbackReport& report) {
    std::string out = "The message";
    if (!report.original_mail_from.empty()) out += " from " + report.original_mail_from;
    for (std::size_t i = 0; i < report.original_rcpt_to.size(); ++i)
        out += (i == 0 ? " to " : ", ") + report.original_rcpt_to[i];
    out += ' ' + what_happened(report);
    if (!report.auth_failure.empty()) out += ": " + report.auth_failure;
    std::string notes;
    const auto note = [&](const std::string& what, const std::string& value) {
        if (!value.empty()) notes += (notes.empty() ? " (" : "; ") + what + value;
    };
    note("sent by ", report.source_ip);
    note("on ", report.arrival_date);
    for (const std::string& domain : report.reported_domains)
        note("about ", domain);
    if (report.incidents != "1") note("incidents: ", report.incidents);
    return notes.empty() ? out : out + notes + ")";
}

}  // namespace mailpipe::email
