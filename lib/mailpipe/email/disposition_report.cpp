#include "mailpipe/email/disposition_report.hpp"

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/report_fields.hpp"

namespace mailpipe::email {
namespace {

void parse_disposition(std::string_view text, DispositionReport& report) {
    const std::string lower = ascii::to_lower(text);
    const std::string_view rest = lower;
    const std::size_t semicolon = rest.find(';');
    if (semicolon != std::string_view::npos) {
        const std::string_view modes = rest.substr(0, semicolon);
        report.manual_action = modes.find("manual-action") != std::string_view::npos;
        report.sent_manually = modes.find("mdn-sent-manually") != std::string_view::npos;
    }
    const std::string_view type = rest.substr(semicolon == std::string_view::npos ? 0 : semicolon + 1);
    const std::size_t slash = type.find('/');
    report.type = ascii::trim(type.substr(0, slash));
    if (slash == std::string_view::npos) return;
    for (const std::string_view modifier : ascii::split(type.substr(slash + 1), ',')) {
        if (const auto word = ascii::trim(modifier); !word.empty()) report.modifiers.emplace_back(word);
    }
}

std::string what_happened(const DispositionReport& report, const std::string& whom) {
    const std::string& type = report.type;
    if (type == "displayed") return "The message was displayed to " + whom;
    if (type == "deleted") return "The message was deleted by " + whom + ", who may or may not have seen it";
    if (type == "dispatched")
        return "The message was sent on, printed or the like by " + whom + ", who may not have seen it";
    if (type == "processed") return "The message was processed for " + whom + ", who may not have seen it";
    if (type == "denied") return "The recipient " + whom + " does not want to say what became of the message";
    if (type == "failed") return "The message could not be handled for " + whom;
    return "What became of the message to " + whom + " is not said";
}

}  // namespace

DispositionReport parse_disposition_report(std::string_view body) {
    DispositionReport report;
    const auto take = [](std::string& place, std::string value) {
        if (place.empty()) place = std::move(value);
    };
    for (const mime::Header& group : parse_field_groups(body)) {
        take(report.final_recipient, parse_typed_value(report_field(group, "Final-Recipient")).value);
        take(report.original_recipient, parse_typed_value(report_field(group, "Original-Recipient")).value);
        take(report.original_message_id, report_field(group, "Original-Message-ID"));
        take(report.reporting_ua, report_field(group, "Reporting-UA"));
        if (const std::string text = report_field(group, "Disposition"); report.type.empty())
            parse_disposition(text, report);
        for (const char* name : {"Error", "Failure", "Warning"}) {
            for (std::string& text : report_fields(group, name))
                report.errors.push_back(std::move(text));
        }
    }
    return report;
}

std::string disposition_sentence(const DispositionReport& report) {
    std::string whom = report.final_recipient.empty() ? report.original_recipient : report.final_recipient;
    if (whom.empty()) whom = "a recipient without a name";
    std::string out = what_happened(report, whom);
    for (const std::string& error : report.errors)
        out += ": " + error;
    std::string notes = report.manual_action ? "by hand" : "automatically";
    notes +=
        report.sent_manually ? "; the recipient agreed to this notice" : "; this notice was sent automatically";
    for (const std::string& modifier : report.modifiers)
        notes += "; " + modifier;
    return report.type.empty() ? out : out + " (" + notes + ")";
}

}  // namespace mailpipe::email
