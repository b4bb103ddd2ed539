#include "mailpipe/email/disposition_report.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

// RFC 8098 section 9.
TEST(DispositionReport, Example) {
    const auto report = parse_disposition_report(
        "Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\nOriginal-Recipient: "
        "rfc822;Joe_Recipient@example.com\r\n"
        "Final-Recipient: rfc822;Joe_Recipient@example.com\r\n"
        "Original-Message-ID: <199509192301.23456@example.org>\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n");
    EXPECT_EQ(report.reporting_ua, "joes-pc.cs.example.com; Foomail 97.1");
    EXPECT_EQ(report.final_recipient, "Joe_Recipient@example.com");
    EXPECT_EQ(report.original_recipient, "Joe_Recipient@example.com");
    EXPECT_EQ(report.original_message_id, "<199509192301.23456@example.org>");
    EXPECT_EQ(report.type, "displayed");
    EXPECT_TRUE(report.manual_action && report.sent_manually);
    EXPECT_TRUE(report.modifiers.empty() && report.errors.empty());
    EXPECT_EQ(disposition_sentence(report),
              "The message was displayed to Joe_Recipient@example.com (by hand; the recipient agreed to this "
              "notice)");
}

TEST(DispositionReport, Sentences) {
    const std::pair<std::string, std::string> rows[] = {
        {"Disposition: automatic-action/MDN-sent-automatically; deleted",
         "The message was deleted by bob@example.com, who may or may not have seen it (automatically; this "
         "notice was "
         "sent automatically)"},
        {"Disposition: Manual-Action / mdn-sent-automatically ;Dispatched",
         "The message was sent on, printed or the like by bob@example.com, who may not have seen it (by hand; "
         "this "
         "notice was sent automatically)"},
        {"Disposition: automatic-action/MDN-sent-automatically; processed/error, x-checked\nError: no space",
         "The message was processed for bob@example.com, who may not have seen it: no space (automatically; "
         "this "
         "notice was sent automatically; error; x-checked)"},
        {"Disposition: displayed",
         "The message was displayed to bob@example.com (automatically; this notice was sent "
         "automatically)"},
        {"Disposition: ;", "What became of the message to bob@example.com is not said"},
        {"X: y", "What became of the message to bob@example.com is not said"},
    };
    for (const auto& [fields, sentence] : rows) {
        SCOPED_TRACE(fields);
        EXPECT_EQ(disposition_sentence(
                      parse_disposition_report("Final-Recipient: rfc822; bob@example.com\n" + fields)),
                  sentence);
    }
    EXPECT_EQ(disposition_sentence(parse_disposition_report("")),
              "What became of the message to a recipient without a name is not said");
}

}  // namespace
}  // namespace mailpipe::email
