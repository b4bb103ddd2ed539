#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/queue/entry.hpp"
#include "mailpipe/queue/schedule.hpp"
#include "mailpipe/smtp/envelope.hpp"

// A queued message without its text: what was asked for when it came, and what has become of it since. Times are seconds
// since 1970.
namespace mailpipe::queue {

// Of a report that this queue made: about which message, and its how many-th.
struct ReportOf {
    Id id = 0;
    std::uint32_t number = 0;
    bool operator==(const ReportOf&) const = default;
};

// The first line of its file. It never changes.
struct Submission {
    smtp::Envelope envelope;  // hold_for and hold_until are kept by the queue: they never stand here
    std::string server;       // the location or account it was queued for; empty: the queue's own
    std::vector<std::string> message_id;  // msg-ids as in JMAP
    bool auto_submitted = false;  // Auto-Submitted other than "no" (RFC 3834): nobody is told of a failure
    std::uint32_t arrived = 0;
    std::optional<ReportOf> report_of;
};

enum class Outcome { delivered, relayed, deferred, failed };  // relayed: to a server that sends no DSN

// What a server said, or why none could be asked.
struct Attempt {
    std::uint32_t time = 0;
    Outcome outcome = Outcome::deferred;
    std::uint32_t due = 0;    // of `deferred`: when it is tried again
    int code = 0;             // SMTP reply code; 0: no reply, `text` is our own
    std::string enhanced;     // "5.1.1"; may be empty
    std::string text;         // one line
    std::string server;       // who said it: "mx.example.org"; may be empty
    std::string tls;          // "TLSv1.3"; empty without
    bool in_mailbox = false;  // of `relayed`: it has arrived, and there is no server that could say so
    bool operator==(const Attempt&) const = default;
};

enum class ReportKind { failed, delayed, delivered };

// What is appended to the file, one line each.
struct Event {
    // retry: all that is pending, or has failed and was not reported, is due
    enum class Kind { attempt, hold, release, retry, report };
    Kind kind = Kind::attempt;
    std::uint32_t time = 0;
    std::vector<std::uint32_t> recipients;   // indices; of attempt and report
    Attempt attempt;                         // of attempt
    ReportKind report = ReportKind::failed;  // of report: it was queued, or must not be made
    bool operator==(const Event&) const = default;
};

struct RecipientState {
    std::optional<Attempt> last;
    std::uint32_t attempts = 0;
    std::uint32_t due = 0;
    bool final_reported = false;  // failed or delivered, and the sender was told
    bool delay_reported = false;

    bool is_pending() const { return !last || last->outcome == Outcome::deferred; }
    bool is_failed() const { return last && last->outcome == Outcome::failed; }
};

// What the events add up to.
class Message {
 public:
    // Tried from `due` on.
    Message(Submission submission, std::uint32_t due);

    void apply(const Event& event);

    const Submission& submission() const { return submission_; }
    const std::vector<RecipientState>& recipients() const { return recipients_; }  // as in the envelope
    // A report is held from the start, until the message it is about says that it was made: it must not be sent twice.
    bool held() const { return held_; }
    bool is_unreleased_report() const { return submission_.report_of && !released_; }
    std::uint32_t reports() const { return reports_; }  // events of that kind

    // Nothing is pending, and whoever is to be told was told. What failed without anybody to be told of it stays, for people
    // to look at, but for reports (RFC 5321 section 6.1: no report on a report).
    bool is_done() const;
    // When the next recipient is due; kNever when it is held or none is pending.
    std::uint32_t due() const;
    // Pending and due.
    std::vector<std::uint32_t> due_recipients(std::uint32_t now) const;
    // Pending, and due or waiting for another attempt: all but those that the sender wants to be held until then (RFC
    // 4865).
    std::vector<std::uint32_t> waiting_recipients(std::uint32_t now) const;
    // Whom the next report of this kind is about: not reported yet, and asked for or not forbidden (NOTIFY, RFC 3461
    // section 4.1). Of `delayed` those that wait longer than `schedule` says.
    std::vector<std::uint32_t> to_report(ReportKind kind, const Schedule& schedule) const;
    // No report may be made: it has no sender, it is a report, or a program has sent it (RFC 3464 section 2, RFC 3834).
    bool is_unreportable() const;

    Entry entry(Id id) const;

 private:
    bool wants(std::size_t recipient, ReportKind kind) const;

    Submission submission_;
    std::vector<RecipientState> recipients_;
    bool held_ = false;
    bool released_ = false;
    std::uint32_t reports_ = 0;
};

// Lines of the file, without line ends and checksums: JSON. Errors data: not one of ours. Whatever a server said, the
// line is UTF-8.
std::string encode_submission(const Submission& submission, std::uint32_t due);
Result<Message> parse_submission(std::string_view line);
std::string encode_event(const Event& event);
Result<Event> parse_event(std::string_view line);

}  // namespace mailpipe::queue
