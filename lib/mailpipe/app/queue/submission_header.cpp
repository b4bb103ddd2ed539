#include "mailpipe/app/queue/submission_header.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::app {

void read_submission_header(std::string_view text, queue::Submission& submission) {
    const mime::Header header = mime::parse_header(text);
    if (const mime::Field* field = header.find("Message-ID"))
        submission.message_id = mime::parse_message_ids(field->value);
    const mime::Field* field = header.find("Auto-Submitted");
    if (field == nullptr) return;
    const std::string_view value = ascii::trim(field->value);
    submission.auto_submitted = !ascii::equals_ignore_case(value.substr(0, value.find_first_of("; \t(")), "no");
}

std::uint32_t take_release_time(queue::Submission& submission) {
    smtp::Envelope& envelope = submission.envelope;
    std::uint32_t due = submission.arrived;
    if (envelope.hold_for) due += static_cast<std::uint32_t>(*envelope.hold_for);
    if (envelope.hold_until) due = std::max(due, static_cast<std::uint32_t>(*envelope.hold_until));
    envelope.hold_for.reset();
    envelope.hold_until.reset();
    return due;
}

}  // namespace mailpipe::app
