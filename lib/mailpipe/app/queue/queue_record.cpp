#include "mailpipe/app/queue/queue_record.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

using email::Json;

std::string rfc3339(std::uint32_t seconds) {
    return mime::rfc3339(mime::utc_date(seconds));
}

// "Nov 26 09:12", where the reader is.
std::string local_time(std::uint32_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    std::array<char, 32> text{};
    ::localtime_r(&time, &parts);
    std::strftime(text.data(), text.size(), "%b %e %H:%M", &parts);
    return text.data();
}

std::string_view outcome_name(const std::optional<queue::Attempt>& last) {
    if (!last) return "pending";
    switch (last->outcome) {
        case queue::Outcome::delivered:
            return "delivered";
        case queue::Outcome::relayed:
            return last->in_mailbox ? "delivered" : "relayed";
        case queue::Outcome::deferred:
            return "deferred";
        case queue::Outcome::failed:
            return "failed";
    }
    return "";
}

void add_attempt(const queue::Attempt& attempt, Json& json) {
    if (attempt.code != 0) json["code"] = attempt.code;
    if (!attempt.enhanced.empty()) json["enhanced"] = attempt.enhanced;
    if (!attempt.text.empty()) json["text"] = attempt.text;
}

// "450 4.2.1 later"
std::string words_of(const queue::Attempt& attempt) {
    std::string text;
    if (attempt.code != 0) text += std::to_string(attempt.code) + ' ';
    if (attempt.code != 0 && !attempt.enhanced.empty()) text += attempt.enhanced + ' ';
    return text + attempt.text;
}

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

Json event_record(std::string_view event, queue::Id id) {
    Json json;
    json["event"] = event;
    json["time"] = rfc3339(static_cast<std::uint32_t>(std::time(nullptr)));
    json["id"] = queue::encode_id(id);
    return json;
}

std::string_view state_name(const queue::QueuedFile& file, std::uint32_t now) {
    const queue::Message& message = file.message();
    if (file.is_locked_elsewhere()) return "active";
    if (message.held()) return "held";
    const std::uint32_t due = message.due();
    if (due == queue::kNever) return "undeliverable";
    return due <= now ? "due" : "waiting";
}

}  // namespace

Json queue_record(const queue::QueuedFile& file, std::uint32_t now) {
    const queue::Message& message = file.message();
    const queue::Submission& submission = message.submission();
    Json json;
    json["id"] = queue::encode_id(file.entry().id);
    json["state"] = state_name(file, now);
    json["from"] = submission.envelope.reverse_path.encode();
    json["size"] = submission.envelope.size.value_or(0);
    json["arrived"] = rfc3339(submission.arrived);
    if (message.due() != queue::kNever) json["due"] = rfc3339(std::max(message.due(), submission.arrived));
    if (!submission.server.empty()) json["server"] = submission.server;
    if (!submission.message_id.empty()) json["messageId"] = submission.message_id;
    if (submission.report_of) json["reportOf"] = queue::encode_id(submission.report_of->id);
    json["recipients"] = Json::array();
    for (std::size_t i = 0; i < message.recipients().size(); ++i) {
        const queue::RecipientState& state = message.recipients()[i];
        Json one;
        one["recipient"] = submission.envelope.recipients[i].encode();
        one["outcome"] = outcome_name(state.last);
        one["attempts"] = state.attempts;
        if (state.last) {
            one["time"] = rfc3339(state.last->time);
            add_attempt(*state.last, one);
            if (!state.last->server.empty()) one["server"] = state.last->server;
            if (!state.last->tls.empty()) one["tls"] = state.last->tls;
        }
        json["recipients"].push_back(std::move(one));
    }
    return json;
}

std::string queue_text(const queue::QueuedFile& file, std::uint32_t now) {
    const queue::Message& message = file.message();
    const queue::Submission& submission = message.submission();
    std::string text = queue::encode_id(file.entry().id) + "  " + std::string(state_name(file, now));
    if (message.due() != queue::kNever && message.due() > now) text += " until " + local_time(message.due());
    text += "  " + std::to_string(submission.envelope.size.value_or(0)) + " octets of " +
            local_time(submission.arrived) + " from " +
            terminal_text('<' + submission.envelope.reverse_path.encode() + '>') + '\n';
    for (std::size_t i = 0; i < message.recipients().size(); ++i) {
        const queue::RecipientState& state = message.recipients()[i];
        text += "    " + terminal_text(submission.envelope.recipients[i].encode()) + ": " +
                std::string(outcome_name(state.last));
        if (state.attempts > 1) text += " " + std::to_string(state.attempts) + " times";
        if (state.last) text += ": " + terminal_text(words_of(*state.last));
        text += '\n';
    }
    return text;
}

Json queued_record(const queue::QueuedFile& file) {
    const queue::Submission& submission = file.message().submission();
    Json json;
    json["event"] = "queued";
    json["id"] = queue::encode_id(file.entry().id);
    json["from"] = submission.envelope.reverse_path.encode();
    json["size"] = submission.envelope.size.value_or(0);
    if (file.message().due() > submission.arrived) json["due"] = rfc3339(file.message().due());
    if (!submission.message_id.empty()) json["messageId"] = submission.message_id;
    json["recipients"] = Json::array();
    for (const smtp::Mailbox& recipient : submission.envelope.recipients)
        json["recipients"].push_back(recipient.encode());
    return json;
}

std::string queued_text(const queue::QueuedFile& file) {
    std::string text = queue::encode_id(file.entry().id) + " queued for";
    for (const smtp::Mailbox& recipient : file.message().submission().envelope.recipients)
        text += ' ' + recipient.encode();
    return terminal_text(text) + '\n';
}

Json attempt_record(queue::Id id, const queue::Submission& submission, const Attempted& attempted) {
    Json json;
    json["event"] = "attempt";
    json["time"] = rfc3339(attempted.events.empty() ? 0 : attempted.events.front().time);
    json["id"] = queue::encode_id(id);
    if (!attempted.server.empty()) json["server"] = attempted.server;
    json["recipients"] = Json::array();
    for (const queue::Event& event : attempted.events) {
        for (const std::uint32_t recipient : event.recipients) {
            Json one;
            one["recipient"] = submission.envelope.recipients[recipient].encode();
            one["outcome"] = outcome_name(event.attempt);
            add_attempt(event.attempt, one);
            if (event.attempt.outcome == queue::Outcome::deferred) one["due"] = rfc3339(event.attempt.due);
            json["recipients"].push_back(std::move(one));
        }
    }
    if (!attempted.tls.empty()) json["tls"] = attempted.tls;
    json["seconds"] = std::round(attempted.seconds.count() * 1000) / 1000;
    return json;
}

std::string attempt_text(queue::Id id, const queue::Submission& submission, const Attempted& attempted) {
    std::string text;
    for (const queue::Event& event : attempted.events) {
        text += queue::encode_id(id) + ' ' + std::string(outcome_name(event.attempt));
        for (const std::uint32_t recipient : event.recipients)
            text += ' ' + submission.envelope.recipients[recipient].encode();
        if (event.attempt.outcome == queue::Outcome::deferred)
            text += " until " + local_time(event.attempt.due);
        text += ": " + words_of(event.attempt) + '\n';
    }
    // The line ends are ours.
    std::string clean;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        clean += terminal_text(text.substr(begin, end - begin)) + '\n';
        begin = end + 1;
    }
    return clean;
}

Json report_record(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                   const std::vector<std::uint32_t>& recipients, queue::Id report) {
    Json json = event_record("report", id);
    json["kind"] = kind_name(kind);
    json["recipients"] = Json::array();
    for (const std::uint32_t recipient : recipients)
        json["recipients"].push_back(submission.envelope.recipients[recipient].encode());
    json["report"] = queue::encode_id(report);
    return json;
}

std::string report_text(queue::Id id, const queue::Submission& submission, queue::ReportKind kind,
                        queue::Id report) {
    return terminal_text(queue::encode_id(id) + " reported as " + std::string(kind_name(kind)) + " to " +
                         submission.envelope.reverse_path.encode() + ": " + queue::encode_id(report)) +
           '\n';
}

Json undeliverable_record(queue::Id id, const queue::Submission& submission) {
    Json json = event_record("undeliverable", id);
    json["recipients"] = Json::array();
    for (const smtp::Mailbox& recipient : submission.envelope.recipients)
        json["recipients"].push_back(recipient.encode());
    return json;
}

}  // namespace mailpipe::app
