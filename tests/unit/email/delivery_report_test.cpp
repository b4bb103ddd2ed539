#include "mailpipe/email/delivery_report.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

std::vector<std::string> sentences(std::string_view body) {
    std::vector<std::string> out;
    for (const DeliveredRecipient& recipient : parse_delivery_report(body).recipients)
        out.push_back(delivery_sentence(recipient));
    return out;
}
using Sentences = std::vector<std::string>;

// RFC 3464 appendix E.
TEST(DeliveryReport, SimpleExample) {
    const auto report = parse_delivery_report(
        "Reporting-MTA: dns; cs.utk.edu\r\n\r\n"
        "Original-Recipient: rfc822;louisl@larry.slip.umd.edu\r\n"
        "Final-Recipient: rfc822;louisl@larry.slip.umd.edu\r\nAction: failed\r\nStatus: 4.0.0\r\n"
        "Diagnostic-Code: smtp; 426 connection timed out\r\nLast-Attempt-Date: Thu, 7 Jul 1994 17:15:49 "
        "-0400\r\n");
    EXPECT_EQ(report.reporting_mta, "cs.utk.edu");
    ASSERT_EQ(report.recipients.size(), 1U);
    const DeliveredRecipient& recipient = report.recipients[0];
    EXPECT_EQ(recipient.final_recipient, "louisl@larry.slip.umd.edu");
    EXPECT_EQ(recipient.original_recipient, recipient.final_recipient);
    EXPECT_EQ(recipient.action, DeliveryAction::failed);
    EXPECT_EQ(recipient.status, "4.0.0");
    EXPECT_EQ(recipient.diagnostic.type, "smtp");
    EXPECT_EQ(recipient.diagnostic.value, "426 connection timed out");
    EXPECT_EQ(delivery_sentence(recipient),
              "Delivery to louisl@larry.slip.umd.edu failed (4.0.0; smtp; 426 connection timed out)");
}

TEST(DeliveryReport, SeveralRecipients) {
    const std::string body =
        "Reporting-MTA: dns; cs.utk.edu\n\nOriginal-Recipient: rfc822;arathib@vnet.ibm.com\n"
        "Final-Recipient: rfc822;arathib@vnet.ibm.com\nAction: failed\nStatus: 5.0.0 (permanent failure)\n"
        "Diagnostic-Code: smtp;\n 550 'arathib@vnet.IBM.COM' is not a registered gateway user\n"
        "Remote-MTA: dns; vnet.ibm.com\n\nOriginal-Recipient: rfc822;johnh@hpnjld.njd.hp.com\n"
        "Final-Recipient: rfc822;johnh@hpnjld.njd.hp.com\nAction: delayed\n"
        "Status: 4.0.0 (hpnjld.njd.jp.com: host name lookup failure)\n\n"
        "Original-Recipient: rfc822;wsnell@sdcc13.ucsd.edu\nFinal-Recipient: rfc822;wsnell@sdcc13.ucsd.edu\n"
        "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 user unknown\nRemote-MTA: dns; "
        "sdcc13.ucsd.edu\n";
    EXPECT_EQ(
        sentences(body),
        (Sentences{"Delivery to arathib@vnet.ibm.com failed (5.0.0; smtp; 550 'arathib@vnet.IBM.COM' is not a "
                   "registered gateway user)",
                   "Delivery to johnh@hpnjld.njd.hp.com is delayed (4.0.0)",
                   "Delivery to wsnell@sdcc13.ucsd.edu failed (5.0.0; smtp; 550 user unknown)"}));
    EXPECT_EQ(parse_delivery_report(body).recipients[0].remote_mta.value, "vnet.ibm.com");
}

TEST(DeliveryReport, ForeignAndDelayedExamples) {
    EXPECT_EQ(sentences("Reporting-MTA: mailbus; SYS30\r\n\r\nFinal-Recipient: unknown; nair_s\r\n"
                        "Status: 5.0.0 (unknown permanent failure)\r\nAction: failed\r\n"),
              (Sentences{"Delivery to nair_s failed (5.0.0)"}));
    EXPECT_EQ(sentences("Reporting-MTA: dns; sun2.nsfnet-relay.ac.uk\r\n\r\n"
                        "Final-Recipient: rfc822;thomas@de-montfort.ac.uk\r\n"
                        "Status: 4.0.0 (unknown temporary failure)\r\nAction: delayed\r\n"),
              (Sentences{"Delivery to thomas@de-montfort.ac.uk is delayed (4.0.0)"}));
}

std::string group(const std::string& fields) {
    return "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; bob@example.com\n" + fields + "\n";
}

TEST(DeliveryReport, Sentences) {
    const std::pair<std::string, std::string> rows[] = {
        {"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user",
         "Delivery to bob@example.com failed: there is no such mailbox (5.1.1; smtp; 550 no such user)"},
        // The code of the other side says more than the class.
        {"Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 over quota",
         "Delivery to bob@example.com failed: the mailbox is full (5.2.2; smtp; 552 5.2.2 over quota)"},
        {"Action: failed\nDiagnostic-Code: smtp; 550 5.7.1 no",
         "Delivery to bob@example.com failed: the message was refused (5.7.1; smtp; 550 5.7.1 no)"},
        {"Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 450 4.2.2 busy",
         "Delivery to bob@example.com failed (5.0.0; smtp; 450 4.2.2 busy)"},
        {"ACTION: Delayed (still trying)\nStatus: 4.4.1 (x)\nWill-Retry-Until: Thu, 7 Jul 1994 17:15:49 -0400",
         "Delivery to bob@example.com is delayed: the host does not answer; it will be tried until Thu, 7 Jul "
         "1994 "
         "17:15:49 -0400 (4.4.1)"},
        {"Action: delivered\nStatus: 2.1.5", "Delivered to bob@example.com (2.1.5)"},
        {"Action: relayed", "Passed on for bob@example.com to a mail system that may send no report"},
        {"Action: expanded", "Delivered to bob@example.com, which passed it on to others"},
        {"Action: exploded\nStatus: none", "What became of the delivery to bob@example.com is not said"},
        {"Original-Recipient: rfc822; list@example.org\nAction: failed",
         "Delivery to bob@example.com (sent to list@example.org) failed"},
        {"Original-Recipient: rfc822;BOB@example.com\nAction: failed", "Delivery to BOB@example.com failed"},
        {"Action: failed\nDiagnostic-Code: X-Postfix; =?utf-8?q?a=0D=0Ab?=",
         "Delivery to bob@example.com failed (x-postfix; a  b)"},
    };
    for (const auto& [fields, sentence] : rows) {
        SCOPED_TRACE(fields);
        EXPECT_EQ(sentences(group(fields)), Sentences{sentence});
    }
}

TEST(DeliveryReport, Malformed) {
    EXPECT_TRUE(sentences("").empty());
    EXPECT_TRUE(sentences("no field at all").empty());
    EXPECT_TRUE(sentences("Reporting-MTA: dns; a\n").empty());
    EXPECT_EQ(sentences("Action: failed"), Sentences{"Delivery to a recipient without a name failed"});
    // The empty line behind the fields of the message is missing.
    const auto report =
        parse_delivery_report("Reporting-MTA: dns; a\nFinal-Recipient: rfc822; x@y\nAction: failed\n");
    EXPECT_EQ(report.reporting_mta, "a");
    EXPECT_EQ(report.recipients.size(), 1U);
}

}  // namespace
}  // namespace mailpipe::email
