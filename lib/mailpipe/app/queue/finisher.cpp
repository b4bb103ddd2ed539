#include "mailpipe/app/queue/finisher.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/app/header_hold.hpp"

namespace mailpipe::app {
namespace {

constexpr std::uint32_t kAfterFailure =
    60;  // seconds until a message that the disk failed for is looked at again
constexpr std::uint32_t kOffline = 60;

// The header, and of what follows it the first `octets`.
Result<void> read_beginning(queue::QueuedFile& file, std::uint64_t octets, queue::ReportInput& input) {
    HeaderHold header;
    std::string text;
    while (!header.complete() || text.size() < header.text().size() + octets) {
        auto piece = file.read_text(text.size());
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) break;
        header.append(*piece);
        text += *piece;
    }
    input.header = header.text();
    const std::size_t rest = text.size() - std::min(text.size(), input.header.size());
    input.body =
        text.substr(text.size() - rest, static_cast<std::size_t>(std::min<std::uint64_t>(rest, octets)));
    if (input.body.size() == rest && rest < octets) return {};
    // Cut between two lines.
    input.body.resize(input.body.rfind("\r\n") == std::string::npos ? 0 : input.body.rfind("\r\n") + 2);
    return {};
}

std::string seed_of(queue::Id id, std::uint64_t random) {
    return queue::encode_id(id) + queue::encode_id(random);
}

queue::Event event_at(queue::Event::Kind kind, std::uint32_t time) {
    queue::Event event;
    event.kind = kind;
    event.time = time;
    return event;
}

}  // namespace

bool Finisher::save(ActiveMessage& message) {
    if (!message.unsaved) return true;
    for (const Attempted& attempted : message.attempted) {
        for (const queue::Event& event : attempted.events) {
            const auto& state = message.file.message().recipients()[event.recipients.front()];
            if (!state.is_pending() || state.last == event.attempt) continue;
            if (auto appended = message.file.append(event); !appended) {
                events_.failed(appended.error());
                return false;
            }
        }
    }
    message.unsaved = false;
    return true;
}

Result<queue::QueuedFile> Finisher::make_report(ActiveMessage& message, const queue::Event& event,
                                                std::uint32_t number) {
    queue::ReportInput input{event.report, event.recipients, "", ""};
    const std::uint64_t octets = queue::returned_octets(message.file.message(), event.report);
    if (auto read = read_beginning(message.file, octets, input); !read) return tl::unexpected(read.error());
    const queue::ReportOptions options{settings_.host_name, event.time, settings_.schedule.lifetime,
                                       seed_of(message.file.entry().id, settings_.random())};
    auto report = queue::build_report(message.file.message(), input, options);
    if (!report && report.error().kind == Errc::data) {
        // A header that no part can hold is left out.
        report = queue::build_report(message.file.message(), {event.report, event.recipients, "", ""}, options);
    }
    if (!report) return tl::unexpected(report.error());
    queue::Submission submission;
    submission.envelope = std::move(report->envelope);
    submission.server = message.file.message().submission().server;
    submission.message_id = std::move(report->message_id);
    submission.arrived = event.time;
    submission.report_of = queue::ReportOf{message.file.entry().id, number};
    return spool_.add(submission, event.time,
                      [&report](const queue::TakeText& take) { return take(report->text); });
}

void Finisher::make_reports(ActiveMessage& message, std::vector<Made>& made) {
    using queue::ReportKind;
    if (message.removed || message.unsaved || message.file.message().is_unreportable()) return;
    std::uint32_t number = message.file.message().reports();
    for (const ReportKind kind : {ReportKind::failed, ReportKind::delayed, ReportKind::delivered}) {
        queue::Event event = event_at(queue::Event::Kind::report, settings_.now());
        event.report = kind;
        event.recipients = message.file.message().to_report(kind, settings_.schedule);
        if (event.recipients.empty()) continue;
        auto report = make_report(message, event, number);
        if (!report) {
            message.unsaved = true;
            return events_.failed(report.error());
        }
        made.push_back({&message, std::move(event), std::move(*report)});
        ++number;
    }
}

std::vector<Finisher::Made> Finisher::make_reports(
    const std::vector<std::shared_ptr<ActiveMessage>>& messages) {
    std::vector<Made> made;
    for (const auto& message : messages)
        make_reports(*message, made);
    if (made.empty()) return made;
    std::vector<const queue::QueuedFile*> files;
    files.reserve(made.size());
    for (const Made& one : made)
        files.push_back(&one.report);
    auto synced = spool_.sync(files);
    for (auto one = made.begin(); one != made.end();) {
        if (synced) synced = one->about->file.append(one->event);
        if (synced) {
            ++one;
            continue;
        }
        events_.failed(synced.error());
        // Without its entry in the message it would be made again.
        static_cast<void>(one->report.remove());
        one->about->unsaved = true;
        one = made.erase(one);
    }
    return made;
}

void Finisher::settle(ActiveMessage& message) {
    if (message.removed) return;
    const queue::Message& state = message.file.message();
    Result<void> done;
    if (!message.unsaved && state.is_done()) {
        done = message.file.remove();
        message.removed = done.has_value();
    } else {
        const std::uint32_t soonest = message.unsaved ? settings_.now() + kAfterFailure : 0;
        done = message.file.rename(soonest);
    }
    if (!done) events_.failed(done.error());
}

void Finisher::tell(const std::vector<std::shared_ptr<ActiveMessage>>& messages,
                    const std::vector<Made>& made) {
    for (const auto& message : messages) {
        const queue::Id id = message->file.entry().id;
        const queue::Message& state = message->file.message();
        for (const Attempted& attempted : message->attempted)
            events_.attempted(id, state.submission(), attempted);
        message->attempted.clear();
        for (const Made& one : made) {
            if (one.about != message.get()) continue;
            events_.reported(id, state.submission(), one.event.report, one.event.recipients,
                             one.report.entry().id);
        }
        const bool is_stuck = !message->removed && state.due() == queue::kNever && !state.held();
        if (is_stuck && !message->unsaved) events_.undeliverable(id, state.submission());
    }
}

void Finisher::schedule(ActiveMessage& message, const Again& again) {
    if (message.removed) return;
    const std::uint32_t due = message.file.message().due();
    if (due == queue::kNever) return;
    again(message.file.entry(),
          std::max(due, message.offline ? settings_.now() + kOffline : message.file.entry().due));
}

void Finisher::release(Made& made, const Again& again) {
    Result<void> done = made.report.append(event_at(queue::Event::Kind::release, settings_.now()));
    if (done) done = made.report.rename();
    if (!done) return events_.failed(done.error());
    again(made.report.entry(), made.report.entry().due);
}

void Finisher::finish(const std::vector<std::shared_ptr<ActiveMessage>>& messages, const Again& again) {
    std::vector<std::shared_ptr<ActiveMessage>> saved;
    for (const auto& message : messages)
        (save(*message) ? saved : unsaved_).push_back(message);
    std::vector<Made> made = make_reports(saved);
    std::vector<const queue::QueuedFile*> changed;
    for (const auto& message : saved) {
        settle(*message);
        // A deferral that is forgotten in a power cut is an attempt too many, and no more.
        const bool counts =
            message->removed ||
            std::any_of(message->attempted.begin(), message->attempted.end(), [](const Attempted& attempted) {
                return std::any_of(attempted.events.begin(), attempted.events.end(),
                                   [](const queue::Event& event) {
                                       return event.attempt.outcome != queue::Outcome::deferred;
                                   });
            });
        if (counts) changed.push_back(&message->file);
    }
    for (const Made& one : made)
        changed.push_back(&one.about->file);
    if (auto synced = spool_.sync(changed); !synced) events_.failed(synced.error());
    tell(saved, made);
    for (Made& one : made)
        release(one, again);
    for (const auto& message : saved)
        schedule(*message, again);
}

void Finisher::save_what_is_not(const Again& again) {
    if (!unsaved_.empty()) finish(std::exchange(unsaved_, {}), again);
}

Result<void> Finisher::recover(queue::QueuedFile file, const Again& again) {
    if (file.message().is_unreleased_report()) {
        const queue::ReportOf of = *file.message().submission().report_of;
        auto found = spool_.find(of.id);
        if (!found) return tl::unexpected(found.error());
        if (*found) {
            auto about = spool_.lock(**found);
            // Another runner has it, and what is to be done with it.
            if (!about)
                return about.error().kind == Errc::temporary ? Result<void>{} : tl::unexpected(about.error());
            if (!*about) return {};
            if ((*about)->message().reports() <= of.number) return file.remove();
        }
        auto released = file.append(event_at(queue::Event::Kind::release, settings_.now()));
        if (!released) return released;
    }
    if (auto renamed = file.rename(); !renamed) return renamed;
    if (file.entry().due != queue::kNever) again(file.entry(), file.entry().due);
    return {};
}

}  // namespace mailpipe::app
