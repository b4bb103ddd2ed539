#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "mailpipe/queue/message.hpp"

namespace mailpipe::queue {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<Outcome, 4> kOutcomes{{{Outcome::delivered, "delivered"},
                                       {Outcome::relayed, "relayed"},
                                       {Outcome::deferred, "deferred"},
                                       {Outcome::failed, "failed"}}};
constexpr Names<ReportKind, 3> kReports{
    {{ReportKind::failed, "failed"}, {ReportKind::delayed, "delayed"}, {ReportKind::delivered, "delivered"}}};
constexpr Names<Event::Kind, 5> kEvents{{{Event::Kind::attempt, "attempt"},
                                         {Event::Kind::hold, "hold"},
                                         {Event::Kind::release, "release"},
                                         {Event::Kind::retry, "retry"},
                                         {Event::Kind::report, "report"}}};
constexpr Names<smtp::Body, 3> kBodies{
    {{smtp::Body::seven_bit, "7bit"}, {smtp::Body::eight_bit, "8bit"}, {smtp::Body::binary, "binary"}}};
constexpr Names<smtp::Return, 3> kReturns{
    {{smtp::Return::unspecified, ""}, {smtp::Return::full, "full"}, {smtp::Return::headers, "headers"}}};

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
    for (const auto& [one, name] : names) {
        if (one == value) return name;
    }
    return {};
}
template <class Enum, std::size_t N>
Enum value_of(const Names<Enum, N>& names, std::string_view text) {
    for (const auto& [one, name] : names) {
        if (name == text) return one;
    }
    throw Json::other_error::create(501, "unknown name", nullptr);
}

Json to_json(const smtp::Mailbox& mailbox) {
    return Json::array({mailbox.local_part, mailbox.domain});
}
smtp::Mailbox mailbox_of(const Json& json) {
    return {json.at(0).get<std::string>(), json.at(1).get<std::string>()};
}

Json to_json(const smtp::Notify& notify) {
    Json json = Json::array();
    if (notify.success) json.push_back("success");
    if (notify.failure) json.push_back("failure");
    if (notify.delay) json.push_back("delay");
    return json;
}
smtp::Notify notify_of(const Json& json) {
    smtp::Notify notify;
    for (const auto& one : json) {
        notify.success = notify.success || one == "success";
        notify.failure = notify.failure || one == "failure";
        notify.delay = notify.delay || one == "delay";
    }
    return notify;
}

Json recipients_to_json(const smtp::Envelope& envelope) {
    Json recipients = Json::array();
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        Json one;
        one["to"] = to_json(envelope.recipients[i]);
        if (i < envelope.recipient_options.size()) {
            const auto& options = envelope.recipient_options[i];
            if (options.notify) one["notify"] = to_json(*options.notify);
            if (!options.original.empty()) one["orcpt"] = options.original;
        }
        recipients.push_back(std::move(one));
    }
    return recipients;
}

smtp::Envelope envelope_of(const Json& json) {
    smtp::Envelope envelope;
    envelope.reverse_path = mailbox_of(json.at("from"));
    for (const auto& one : json.at("recipients")) {
        envelope.recipients.push_back(mailbox_of(one.at("to")));
        smtp::RecipientOptions options;
        if (one.contains("notify")) options.notify = notify_of(one["notify"]);
        options.original = one.value("orcpt", "");
        envelope.recipient_options.push_back(std::move(options));
    }
    envelope.size = json.at("size").get<std::uint64_t>();
    envelope.body = value_of(kBodies, json.value("body", "7bit"));
    envelope.smtputf8 = json.value("smtputf8", false);
    envelope.ret = value_of(kReturns, json.value("ret", ""));
    envelope.envelope_id = json.value("envid", "");
    envelope.require_tls = json.value("requireTls", false);
    if (json.contains("priority")) envelope.priority = json["priority"].get<int>();
    if (json.contains("by")) {
        const auto& by = json["by"];
        envelope.by = smtp::DeliverBy{by.at("seconds").get<std::int64_t>(), by.at("returned").get<bool>(),
                                      by.at("trace").get<bool>()};
    }
    return envelope;
}

void envelope_to_json(const smtp::Envelope& envelope, Json& json) {
    json["from"] = to_json(envelope.reverse_path);
    json["recipients"] = recipients_to_json(envelope);
    json["size"] = envelope.size.value_or(0);
    if (envelope.body != smtp::Body::seven_bit) json["body"] = name_of(kBodies, envelope.body);
    if (envelope.smtputf8) json["smtputf8"] = true;
    if (envelope.ret != smtp::Return::unspecified) json["ret"] = name_of(kReturns, envelope.ret);
    if (!envelope.envelope_id.empty()) json["envid"] = envelope.envelope_id;
    if (envelope.require_tls) json["requireTls"] = true;
    if (envelope.priority) json["priority"] = *envelope.priority;
    if (envelope.by) {
        json["by"] = {{"seconds", envelope.by->seconds},
                      {"returned", envelope.by->returned},
                      {"trace", envelope.by->trace}};
    }
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Submission submission_of(const Json& json) {
    Submission submission;
    if (json.at("version").get<int>() != kVersion) throw Json::other_error::create(501, "version", nullptr);
    submission.arrived = json.at("arrived").get<std::uint32_t>();
    submission.server = json.value("server", "");
    submission.envelope = envelope_of(json);
    if (submission.envelope.recipients.empty()) throw Json::other_error::create(501, "recipients", nullptr);
    submission.message_id = json.value("messageId", std::vector<std::string>{});
    submission.auto_submitted = json.value("autoSubmitted", false);
    if (json.contains("reportOf")) {
        const auto& of = json["reportOf"];
        const auto id = parse_id(of.at("id").get<std::string>());
        if (!id) throw Json::other_error::create(501, "reportOf", nullptr);
        submission.report_of = ReportOf{*id, of.at("number").get<std::uint32_t>()};
    }
    return submission;
}

Event event_of(const Json& json) {
    Event event;
    event.kind = value_of(kEvents, json.at("event").get<std::string>());
    event.time = json.at("time").get<std::uint32_t>();
    event.recipients = json.value("recipients", std::vector<std::uint32_t>{});
    if (event.kind == Event::Kind::report)
        event.report = value_of(kReports, json.at("kind").get<std::string>());
    if (event.kind != Event::Kind::attempt) return event;
    event.attempt.time = event.time;
    event.attempt.outcome = value_of(kOutcomes, json.at("outcome").get<std::string>());
    event.attempt.in_mailbox = json.value("mailbox", false);
    event.attempt.due = json.value("due", 0U);
    event.attempt.code = json.value("code", 0);
    event.attempt.enhanced = json.value("enhanced", "");
    event.attempt.text = json.value("text", "");
    event.attempt.server = json.value("server", "");
    event.attempt.tls = json.value("tls", "");
    return event;
}

// What nlohmann/json throws for a text that is not what we write ends here.
template <class Read>
auto parse(std::string_view line, std::string_view what, Read read) -> Result<decltype(read(Json()))> {
    try {
        return read(Json::parse(line));
    } catch (const Json::exception&) {
        return fail(Errc::data, "not " + std::string(what) + " of a queue");
    }
}

}  // namespace

std::string encode_submission(const Submission& submission, std::uint32_t due) {
    Json json;
    json["version"] = kVersion;
    json["arrived"] = submission.arrived;
    if (due != submission.arrived) json["due"] = due;
    if (!submission.server.empty()) json["server"] = submission.server;
    envelope_to_json(submission.envelope, json);
    if (!submission.message_id.empty()) json["messageId"] = submission.message_id;
    if (submission.auto_submitted) json["autoSubmitted"] = true;
    if (submission.report_of) {
        json["reportOf"] = {{"id", encode_id(submission.report_of->id)},
                            {"number", submission.report_of->number}};
    }
    return dump(json);
}

Result<Message> parse_submission(std::string_view line) {
    return parse(line, "a message", [](const Json& json) {
        Submission submission = submission_of(json);
        const auto due = json.value("due", submission.arrived);
        return Message(std::move(submission), due);
    });
}

std::string encode_event(const Event& event) {
    Json json;
    json["event"] = name_of(kEvents, event.kind);
    json["time"] = event.time;
    if (!event.recipients.empty()) json["recipients"] = event.recipients;
    if (event.kind == Event::Kind::report) json["kind"] = name_of(kReports, event.report);
    if (event.kind != Event::Kind::attempt) return dump(json);
    const Attempt& attempt = event.attempt;
    json["outcome"] = name_of(kOutcomes, attempt.outcome);
    if (attempt.outcome == Outcome::deferred) json["due"] = attempt.due;
    if (attempt.in_mailbox) json["mailbox"] = true;
    if (attempt.code != 0) json["code"] = attempt.code;
    if (!attempt.enhanced.empty()) json["enhanced"] = attempt.enhanced;
    if (!attempt.text.empty()) json["text"] = attempt.text;
    if (!attempt.server.empty()) json["server"] = attempt.server;
    if (!attempt.tls.empty()) json["tls"] = attempt.tls;
    return dump(json);
}

Result<Event> parse_event(std::string_view line) {
    return parse(line, "an event", event_of);
}

}  // namespace mailpipe::queue
