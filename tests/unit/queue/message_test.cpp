#include "mailpipe/queue/message.hpp"

#include <gtest/gtest.h>

namespace mailpipe::queue {
namespace {

constexpr std::uint32_t kArrived = 1'795'687'200;

Submission submission() {
    Submission result;
    result.arrived = kArrived;
    result.envelope.reverse_path = {"alice", "example.org"};
    result.envelope.recipients = {{"bob", "example.net"}, {"carol", "example.com"}};
    result.envelope.recipient_options.resize(2);
    result.envelope.size = 10;
    return result;
}

Event attempt(std::vector<std::uint32_t> recipients, Outcome outcome, std::uint32_t time,
              std::uint32_t due = 0) {
    Event event;
    event.time = time;
    event.recipients = std::move(recipients);
    event.attempt = {time, outcome,          due, outcome == Outcome::deferred ? 450 : 250, "",
                     "x",  "mx.example.net", ""};
    return event;
}

Event event_of(Event::Kind kind, std::uint32_t time) {
    Event event;
    event.kind = kind;
    event.time = time;
    return event;
}

Event report_of(ReportKind kind, std::vector<std::uint32_t> recipients) {
    Event event = event_of(Event::Kind::report, kArrived);
    event.report = kind;
    event.recipients = std::move(recipients);
    return event;
}

using Indices = std::vector<std::uint32_t>;

TEST(QueueMessage, SubmissionComesBack) {
    Submission all = submission();
    all.server = "@work";
    all.message_id = {"1@example.org"};
    all.auto_submitted = true;
    all.report_of = ReportOf{make_id(kArrived, 0, 3), 2};
    smtp::Envelope& envelope = all.envelope;
    envelope.reverse_path = {"j\xC3\xBCrg \"x\"",
                             "b\xC3\xBC"
                             "cher.example"};
    envelope.recipient_options[0].notify = smtp::Notify{true, false, true};
    envelope.recipient_options[1].notify = smtp::Notify{};
    envelope.recipient_options[1].original = "rfc822;carol@example.com";
    envelope.body = smtp::Body::eight_bit;
    envelope.smtputf8 = true;
    envelope.ret = smtp::Return::headers;
    envelope.envelope_id = "QQ314159";
    envelope.by = smtp::DeliverBy{120, false, true};
    envelope.priority = -4;
    envelope.require_tls = true;
    const std::string line = encode_submission(all, kArrived + 60);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = parse_submission(line);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->submission().envelope.reverse_path, envelope.reverse_path);
    EXPECT_EQ(parsed->due(), kNever) << "a report is held at first";
    EXPECT_EQ(parsed->recipients()[0].due, kArrived + 60);
    // Each field, by what it is written as.
    EXPECT_EQ(encode_submission(parsed->submission(), kArrived + 60), line);
    EXPECT_EQ(parsed->submission().report_of, all.report_of);
    EXPECT_EQ(parsed->submission().envelope.by, envelope.by);
    EXPECT_EQ(parsed->submission().envelope.recipient_options, envelope.recipient_options);
}

TEST(QueueMessage, EventsComeBack) {
    Event event = attempt({0, 1}, Outcome::failed, kArrived + 1);
    event.attempt.enhanced = "5.1.1";
    event.attempt.text = "no \xFF user\x01\n\"quoted\"";
    event.attempt.tls = "TLSv1.3";
    const std::string line = encode_event(event);
    EXPECT_EQ(line.find('\n'), std::string::npos) << "a server's words stay in their line";
    auto parsed = parse_event(line);
    ASSERT_TRUE(parsed);
    event.attempt.text = "no \xEF\xBF\xBD user\x01\n\"quoted\"";
    EXPECT_EQ(*parsed, event);
    for (const Event& one : {event_of(Event::Kind::hold, 5), event_of(Event::Kind::release, 6),
                             event_of(Event::Kind::retry, 7), report_of(ReportKind::delayed, {1})}) {
        parsed = parse_event(encode_event(one));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, one);
    }
}

TEST(QueueMessage, WhatIsNoRecordIsAnError) {
    for (const char* text :
         {"", "{", "[]", "{}", "null", R"({"version":2,"arrived":1,"from":["",""],"recipients":[]})",
          R"({"version":1,"arrived":1,"size":0,"from":["",""],"recipients":[]})",
          R"({"version":1,"arrived":-1,"size":0,"from":["",""]})"}) {
        EXPECT_FALSE(parse_submission(text)) << text;
    }
    for (const char* text : {"", "{}", R"({"event":"x","time":1})", R"({"event":"attempt","time":1})",
                             R"({"event":"attempt","time":"1","outcome":"failed"})"}) {
        EXPECT_FALSE(parse_event(text)) << text;
    }
}

TEST(QueueMessage, EachRecipientHasItsState) {
    Message message(submission(), kArrived);
    EXPECT_EQ(message.due(), kArrived);
    EXPECT_EQ(message.due_recipients(kArrived - 1), Indices{});
    EXPECT_EQ(message.due_recipients(kArrived), (Indices{0, 1}));
    message.apply(attempt({0}, Outcome::delivered, kArrived + 1));
    message.apply(attempt({1}, Outcome::deferred, kArrived + 1, kArrived + 300));
    EXPECT_FALSE(message.is_done());
    EXPECT_EQ(message.due(), kArrived + 300);
    EXPECT_EQ(message.due_recipients(kArrived + 299), Indices{});
    message.apply(attempt({0}, Outcome::failed, kArrived + 2));
    EXPECT_EQ(message.recipients()[0].last->outcome, Outcome::delivered) << "what is final stays";
    message.apply(attempt({1}, Outcome::delivered, kArrived + 300));
    EXPECT_TRUE(message.is_done());
    EXPECT_EQ(message.due(), kNever);
    message.apply(attempt({7}, Outcome::failed, kArrived));
    EXPECT_TRUE(message.is_done()) << "an index from nowhere";
}

TEST(QueueMessage, HeldUntilReleasedOrTriedByHand) {
    Message message(submission(), kArrived);
    message.apply(event_of(Event::Kind::hold, kArrived));
    EXPECT_EQ(message.due(), kNever);
    EXPECT_EQ(message.due_recipients(kNever), Indices{});
    message.apply(event_of(Event::Kind::release, kArrived));
    EXPECT_EQ(message.due(), kArrived);
    message.apply(attempt({0, 1}, Outcome::deferred, kArrived, kArrived + 300));
    message.apply(event_of(Event::Kind::hold, kArrived));
    message.apply(event_of(Event::Kind::retry, kArrived + 5));
    EXPECT_EQ(message.due(), kArrived + 5);
}

TEST(QueueMessage, AFailureIsDoneWhenItIsReported) {
    Message message(submission(), kArrived);
    message.apply(attempt({0}, Outcome::delivered, kArrived));
    message.apply(attempt({1}, Outcome::failed, kArrived));
    EXPECT_FALSE(message.is_done());
    EXPECT_EQ(message.due(), 0U) << "interrupted before its report: at once";
    EXPECT_EQ(message.to_report(ReportKind::failed, {}), Indices{1});
    message.apply(report_of(ReportKind::failed, {1}));
    EXPECT_TRUE(message.is_done());
    EXPECT_EQ(message.reports(), 1U);
}

TEST(QueueMessage, NotifySaysWhoIsTold) {
    Submission asked = submission();
    asked.envelope.recipient_options[0].notify = smtp::Notify{true, false, false};
    asked.envelope.recipient_options[1].notify = smtp::Notify{};
    Message message(asked, kArrived);
    message.apply(attempt({0}, Outcome::relayed, kArrived));
    message.apply(attempt({1}, Outcome::failed, kArrived));
    EXPECT_EQ(message.to_report(ReportKind::failed, {}), Indices{}) << "NOTIFY=NEVER";
    EXPECT_EQ(message.to_report(ReportKind::delivered, {}), Indices{0});
    message.apply(report_of(ReportKind::delivered, {0}));
    EXPECT_TRUE(message.is_done());
    Message plain(submission(), kArrived);
    plain.apply(attempt({0, 1}, Outcome::relayed, kArrived));
    EXPECT_TRUE(plain.is_done()) << "nobody asked";
}

TEST(QueueMessage, DelayIsToldOnceAfterHours) {
    const Schedule schedule;
    Message message(submission(), kArrived);
    EXPECT_EQ(message.to_report(ReportKind::delayed, schedule), Indices{}) << "no server was asked yet";
    message.apply(attempt({0, 1}, Outcome::deferred, kArrived + schedule.warn_after - 1, 0));
    EXPECT_EQ(message.to_report(ReportKind::delayed, schedule), Indices{});
    message.apply(attempt({0}, Outcome::deferred, kArrived + schedule.warn_after, 0));
    EXPECT_EQ(message.to_report(ReportKind::delayed, schedule), Indices{0});
    message.apply(report_of(ReportKind::delayed, {0}));
    message.apply(attempt({0}, Outcome::deferred, kArrived + 2 * schedule.warn_after, 0));
    EXPECT_EQ(message.to_report(ReportKind::delayed, schedule), Indices{});
}

// RFC 3464 section 2, RFC 3834 section 2: no report on a report.
TEST(QueueMessage, WhatNobodyIsToldOfStaysForPeople) {
    Submission from_nobody = submission();
    from_nobody.envelope.reverse_path = {};
    Submission by_program = submission();
    by_program.auto_submitted = true;
    for (const Submission& one : {from_nobody, by_program}) {
        Message message(one, kArrived);
        EXPECT_TRUE(message.is_unreportable());
        message.apply(attempt({0, 1}, Outcome::failed, kArrived));
        EXPECT_FALSE(message.is_done());
        EXPECT_EQ(message.due(), kNever);
    }
    Submission report = from_nobody;
    report.report_of = ReportOf{1, 0};
    Message message(report, kArrived);
    message.apply(attempt({0, 1}, Outcome::failed, kArrived));
    EXPECT_TRUE(message.is_done());
}

TEST(QueueMessage, EntrySaysPriorityAndDomain) {
    Submission one = submission();
    one.envelope.priority = 4;
    EXPECT_EQ(Message(one, kArrived).entry(9), (Entry{9, kArrived, 4, kManyDomains}));
    one.envelope.recipients[1].domain = "EXAMPLE.net";
    EXPECT_EQ(Message(one, kArrived).entry(9).group, group_of_domain("example.net"));
}

}  // namespace
}  // namespace mailpipe::queue
