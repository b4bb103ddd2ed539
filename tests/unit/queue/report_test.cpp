#include "mailpipe/queue/report.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "mailpipe/email/delivery_report.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::queue {
namespace {

constexpr std::uint32_t kArrived = 1'795'687'200;
constexpr const char* kHeader =
    "From: Alice <alice@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: "
    "<1@example.org>\r\n\r\n";

Message message(smtp::Return ret = smtp::Return::unspecified) {
    Submission submission;
    submission.arrived = kArrived;
    submission.envelope.reverse_path = {"alice", "example.org"};
    submission.envelope.recipients = {{"bob", "example.net"}, {"carol", "example.com"}, {"dan", "example.com"}};
    submission.envelope.recipient_options.resize(3);
    submission.envelope.recipient_options[0].original = "rfc822;Bob@Example.NET";
    submission.envelope.size = 100'000;
    submission.envelope.envelope_id = "QQ314159";
    submission.envelope.ret = ret;
    submission.message_id = {"1@example.org"};
    Message result(submission, kArrived);
    Event event;
    event.time = kArrived + 60;
    event.recipients = {0};
    event.attempt = {kArrived + 60, Outcome::failed, 0, 550, "5.1.1", "User unknown", "mx.example.net", ""};
    result.apply(event);
    event.recipients = {1};
    event.attempt = {
        kArrived + 90, Outcome::failed, 0, 0, "4.4.1", "mx.example.com: connection refused", "", ""};
    result.apply(event);
    return result;
}

ReportOptions options() {
    return {"mail.example.org", kArrived + 100, 432'000, "abc123"};
}

struct Parsed {
    std::string text;
    mime::PartTree tree;
    std::string body(std::size_t part) const { return std::string(mime::decode_body(tree, tree.parts[part])); }
};
Parsed parse(const Report& report) {
    Parsed parsed;
    parsed.text = report.text;
    parsed.tree = mime::parse_parts(parsed.text);
    return parsed;
}

TEST(QueueReport, TellsPeopleAndPrograms) {
    const auto report = build_report(message(), {ReportKind::failed, {0, 1}, kHeader, "first\r\n"}, options());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->envelope.reverse_path.is_null());
    EXPECT_EQ(report->envelope.recipients, (std::vector<smtp::Mailbox>{{"alice", "example.org"}}));
    EXPECT_EQ(report->envelope.size, report->text.size());
    const Parsed parsed = parse(*report);
    ASSERT_EQ(parsed.tree.parts[0].type.full(), "multipart/report");
    EXPECT_EQ(parsed.tree.parts[0].type.parameters.find("report-type"), "delivery-status");
    ASSERT_EQ(parsed.tree.parts[0].children.size(), 3U);
    const mime::Header header = mime::parse_header(report->text);
    EXPECT_NE(header.find("Auto-Submitted"), nullptr);
    EXPECT_NE(report->text.find("References: <1@example.org>\r\n"), std::string::npos);
    const auto& children = parsed.tree.parts[0].children;
    const std::string words = parsed.body(children[0]);
    for (const char* part :
         {"these recipients", "<bob@example.net>", "The server mx.example.net says: 550 5.1.1 User unknown",
          "there is no such mailbox", "<carol@example.com>", "connection refused", "It was tried for as long",
          "The first part of your message is attached."}) {
        EXPECT_NE(words.find(part), std::string::npos) << part << " in\n" << words;
    }
    EXPECT_EQ(words.find("dan@"), std::string::npos);
    const auto machine = email::parse_delivery_report(parsed.body(children[1]));
    EXPECT_EQ(machine.reporting_mta, "mail.example.org");
    ASSERT_EQ(machine.recipients.size(), 2U);
    EXPECT_EQ(machine.recipients[0].original_recipient, "Bob@Example.NET");
    EXPECT_EQ(machine.recipients[0].final_recipient, "bob@example.net");
    EXPECT_EQ(machine.recipients[0].action, email::DeliveryAction::failed);
    EXPECT_EQ(machine.recipients[0].status, "5.1.1");
    EXPECT_EQ(machine.recipients[0].remote_mta.value, "mx.example.net");
    EXPECT_EQ(machine.recipients[0].diagnostic.value, "550 5.1.1 User unknown");
    EXPECT_EQ(machine.recipients[1].status, "4.4.1");
    EXPECT_NE(report->text.find("Original-Envelope-Id: QQ314159\r\n"), std::string::npos);
    EXPECT_EQ(parsed.tree.parts[children[2]].type.full(), "message/rfc822");
    EXPECT_EQ(parsed.body(children[2]), std::string(kHeader) + "first\r\n");
}

TEST(QueueReport, ReturnsAsMuchAsRetAndSizeSay) {
    EXPECT_EQ(returned_octets(message(), ReportKind::failed), kReturnedPart);
    EXPECT_EQ(returned_octets(message(smtp::Return::full), ReportKind::failed), kReturnedFull);
    EXPECT_EQ(returned_octets(message(smtp::Return::headers), ReportKind::failed), 0U);
    EXPECT_EQ(returned_octets(message(smtp::Return::full), ReportKind::delayed), 0U);
    const auto report =
        build_report(message(smtp::Return::headers), {ReportKind::failed, {0}, kHeader, ""}, options());
    ASSERT_TRUE(report);
    const Parsed parsed = parse(*report);
    const std::size_t last = parsed.tree.parts[0].children[2];
    EXPECT_EQ(parsed.tree.parts[last].type.full(), "text/rfc822-headers");
    EXPECT_EQ(parsed.body(last), kHeader);
    EXPECT_NE(parsed.body(parsed.tree.parts[0].children[0]).find("The header of your message"),
              std::string::npos);
}

TEST(QueueReport, ADelaySaysUntilWhen) {
    const auto report = build_report(message(), {ReportKind::delayed, {1}, kHeader, ""}, options());
    ASSERT_TRUE(report);
    const Parsed parsed = parse(*report);
    const auto machine = email::parse_delivery_report(parsed.body(parsed.tree.parts[0].children[1]));
    ASSERT_EQ(machine.recipients.size(), 1U);
    EXPECT_EQ(machine.recipients[0].action, email::DeliveryAction::delayed);
    EXPECT_EQ(machine.recipients[0].will_retry_until, mime::encode_date(mime::utc_date(kArrived + 432'000)));
    EXPECT_NE(report->text.find("Subject: Delayed: =?"), std::string::npos) << report->text;
}

// threats.md: CR, LF, NUL; what a server says must stay what it says.
TEST(QueueReport, AServersWordsAddNothing) {
    Message injected = message();
    Event event;
    event.recipients = {2};
    event.attempt = {kArrived,
                     Outcome::failed,
                     0,
                     550,
                     "5.1.1\r\nX: y",
                     std::string("a\r\nAction: delivered\r\n\r\n\0b\x1B[31m", 31),
                     "mx\nFinal-Recipient: rfc822; x@y",
                     ""};
    injected.apply(event);
    const auto report = build_report(injected, {ReportKind::failed, {2}, "", ""}, options());
    ASSERT_TRUE(report) << report.error().message;
    const Parsed parsed = parse(*report);
    ASSERT_EQ(parsed.tree.parts[0].children.size(), 3U);
    const std::string status = parsed.body(parsed.tree.parts[0].children[1]);
    const auto machine = email::parse_delivery_report(status);
    ASSERT_EQ(machine.recipients.size(), 1U);
    EXPECT_EQ(machine.recipients[0].action, email::DeliveryAction::failed);
    EXPECT_EQ(machine.recipients[0].final_recipient, "dan@example.com");
    EXPECT_EQ(status.find('\x1B'), std::string::npos);
    EXPECT_EQ(parsed.body(parsed.tree.parts[0].children[0]).find('\x1B'), std::string::npos);
}

TEST(QueueReport, NamesTheHostOfALocation) {
    for (const auto& [server, host] : std::vector<std::pair<std::string, std::string>>{
             {"smtp://127.0.0.1:25", "127.0.0.1"},
             {"smtps://alice@mail.example.org/", "mail.example.org"},
             {"smtp://[::1]:2525", "[::1]"},
             {"mx.example.org", "mx.example.org"},
             {"lmtp:/run/lmtp", ""}}) {
        Message one = message();
        Event event;
        event.recipients = {2};
        event.attempt = {kArrived, Outcome::failed, 0, 550, "5.1.1", "no", server, ""};
        one.apply(event);
        const auto report = build_report(one, {ReportKind::failed, {2}, kHeader, ""}, options());
        ASSERT_TRUE(report);
        EXPECT_EQ(report->text.find("Remote-MTA: dns; " + host + "\r\n") == std::string::npos, host.empty())
            << server;
        EXPECT_NE(report->text.find("The server " + host + (host.empty() ? "says" : " says")),
                  std::string::npos)
            << server;
    }
}

// RFC 6533.
TEST(QueueReport, AddressesInUtf8) {
    Submission submission = message().submission();
    submission.envelope.recipients[0] = {"j\xC3\xBCrg", "example.net"};
    submission.envelope.recipient_options[0].original.clear();
    Message international(submission, kArrived);
    Event event;
    event.recipients = {0};
    event.attempt = {kArrived, Outcome::failed, 0, 550, "5.1.1", "no", "mx", ""};
    international.apply(event);
    const auto report = build_report(international, {ReportKind::failed, {0}, kHeader, ""}, options());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->envelope.smtputf8);
    const Parsed parsed = parse(*report);
    const std::size_t status = parsed.tree.parts[0].children[1];
    EXPECT_EQ(parsed.tree.parts[status].type.full(), "message/global-delivery-status");
    EXPECT_EQ(email::parse_delivery_report(parsed.body(status)).recipients.at(0).final_recipient,
              "j\xC3\xBCrg@example.net");
}

}  // namespace
}  // namespace mailpipe::queue
