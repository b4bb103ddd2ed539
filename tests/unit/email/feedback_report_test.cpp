#include "mailpipe/email/feedback_report.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

// RFC 5965 appendix B.1.
TEST(FeedbackReport, SimpleExample) {
    const auto report =
        parse_feedback_report("Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n");
    EXPECT_EQ(report.type, "abuse");
    EXPECT_EQ(report.user_agent, "SomeGenerator/1.0");
    EXPECT_EQ(feedback_sentence(report), "The message was reported as spam");
}

// Appendix B.2.
TEST(FeedbackReport, FullExample) {
    const auto report = parse_feedback_report(
        "Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
        "Original-Mail-From: <somespammer@example.net>\r\nOriginal-Rcpt-To: <user@example.com>\r\n"
        "Arrival-Date: Thu, 8 Mar 2005 14:00:00 EDT\r\nReporting-MTA: dns; mail.example.com\r\nSource-IP: "
        "192.0.2.1\r\n"
        "Authentication-Results: mail.example.com;\r\n               spf=fail "
        "smtp.mail=somespammer@example.com\r\n"
        "Reported-Domain: example.net\r\nReported-Uri: http://example.net/earn_money.html\r\n"
        "Reported-Uri: mailto:user@example.com\r\nRemoval-Recipient: user@example.com\r\n");
    EXPECT_EQ(report.original_mail_from, "somespammer@example.net");
    EXPECT_EQ(report.original_rcpt_to, std::vector<std::string>{"user@example.com"});
    EXPECT_EQ(report.source_ip, "192.0.2.1");
    EXPECT_EQ(report.arrival_date, "Thu, 8 Mar 2005 14:00:00 EDT");
    EXPECT_EQ(report.reported_domains, std::vector<std::string>{"example.net"});
    EXPECT_EQ(feedback_sentence(report),
              "The message from somespammer@example.net to user@example.com was reported as spam (sent by "
              "192.0.2.1; on "
              "Thu, 8 Mar 2005 14:00:00 EDT; about example.net)");
}

TEST(FeedbackReport, Types) {
    const std::pair<std::string, std::string> rows[] = {
        {"Fraud", "The message was reported as fraud or phishing"},
        {"virus", "The message was reported to hold a virus"},
        {"not-spam", "The message was reported to be no spam"},
        {"auth-failure\nAuth-Failure: DKIM", "The message failed authentication: dkim"},
        {"other\nIncidents: 3", "The message was reported (incidents: 3)"},
        {"opt-out\nOriginal-Rcpt-To: a@b\nOriginal-Rcpt-To: <c@d>",
         "The message to a@b, c@d was reported as opt-out"},
        {"", "The message was reported"},
    };
    for (const auto& [fields, sentence] : rows)
        EXPECT_EQ(feedback_sentence(parse_feedback_report("Feedback-Type: " + fields)), sentence);
    EXPECT_EQ(feedback_sentence(parse_feedback_report("")), "The message was reported");
}

}  // namespace
}  // namespace mailpipe::email
