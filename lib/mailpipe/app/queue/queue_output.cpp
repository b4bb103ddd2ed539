#include "mailpipe/app/queue/queue_output.hpp"

#include <unistd.h>

#include <ctime>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

std::string_view kind_name(queue::ReportKind kind) {
    switch (kind) {
        case queue::ReportKind::failed:
            return "failed";
        case queue::ReportKind::delayed:
            return "delayed";
        case queue::ReportKind::delivered:
            return "relayed";
    }
    return "";
}

email::Json event_record(std::string_view event, queue::Id id) {
    email::Json json;
    json["event"] = event;
    json["time"] = mime::rfc3339(mime::utc_date(std::time(nullptr)));
    json["id"] = queue::encode_id(id);
    return json;
}

}  // namespace

bool writes_jsonl(const CommonOptions& options) {
    return options.output == OutputStyle::jsonl ||
           (options.output == OutputStyle::automatic && ::isatty(STDOUT_FILENO) == 0);
}

void QueueOutput::write(const email::Json& json, const std::string& text) {
    if (quiet_ || broken_) return;
    auto written = write_all(STDOUT_FILENO, jsonl_ ? email::dump(json) + '\n' : text, "stdout");
    if (written) return;
    broken_ = true;
    diagnostics_.error("", written.error());
}

void QueueOutput::attempted(queue::Id id, const queue::Submission& submission, const Attempted& attempted) {
    write(attempt_record(id, submission, attempted), attempt_text(id, submission, attempted));
}

void QueueOutput::reported(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                           const std::vector<std::uint32_t>& recipients, queue::Id report) {
    email::Json json = event_record("report", id);
    json["kind"] = kind_name(kind);
    json["recipients"] = email::Json::array();
    for (const std::uint32_t recipient : recipients)
        json["recipients"].push_back(submission.envelope.recipients[recipient].encode());
    json["report"] = queue::encode_id(report);
    write(json, terminal_text(queue::encode_id(id) + " reported as " + std::string(kind_name(kind)) + " to " +
                              submission.envelope.reverse_path.encode() + ": " + queue::encode_id(report)) +
                    '\n');
}

void QueueOutput::undeliverable(queue::Id id, const queue::Submission& submission) {
    email::Json json = event_record("undeliverable", id);
    json["recipients"] = email::Json::array();
    for (const smtp::Mailbox& recipient : submission.envelope.recipients)
        json["recipients"].push_back(recipient.encode());
    write(json,
          queue::encode_id(id) + " is undeliverable, and there is nobody to be told: it stays in the queue\n");
}

void QueueOutput::failed(const Error& error) {
    diagnostics_.error("", error);
}

}  // namespace mailpipe::app
