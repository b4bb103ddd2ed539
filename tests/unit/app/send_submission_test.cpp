#include "mailpipe/app/send/submission.hpp"

#include <gtest/gtest.h>

#include "mailpipe/app/send/address.hpp"

namespace mailpipe::app {
namespace {

TEST(SendSubmission, Notify) {
    EXPECT_EQ(parse_notify("never").value(), (smtp::Notify{false, false, false}));
    EXPECT_EQ(parse_notify("success,FAILURE").value(), (smtp::Notify{true, true, false}));
    EXPECT_EQ(parse_notify("delay").value(), (smtp::Notify{false, false, true}));
    for (const char* wrong : {"", "never,success", "success,", "all", "success failure"})
        EXPECT_FALSE(parse_notify(wrong).has_value()) << wrong;
}

TEST(SendSubmission, DeliverBy) {
    EXPECT_EQ(parse_deliver_by("120").value(), (smtp::DeliverBy{120, true, false}));
    EXPECT_EQ(parse_deliver_by("120:N").value(), (smtp::DeliverBy{120, false, false}));
    EXPECT_EQ(parse_deliver_by("2h:rt").value(), (smtp::DeliverBy{7200, true, true}));
    EXPECT_EQ(parse_deliver_by("1d:T").value(), (smtp::DeliverBy{86'400, true, true}));
    for (const char* wrong : {"", "0", "-1", "120:X", "120;R", ":R", "1000000000", "12 0"})
        EXPECT_FALSE(parse_deliver_by(wrong).has_value()) << wrong;
}

TEST(SendSubmission, HoldUntil) {
    EXPECT_EQ(parse_hold_until("2004-12-31T23:59:59Z").value(), 1'104'537'599);
    EXPECT_EQ(parse_hold_until("2005-01-01T00:59:59+01:00").value(), 1'104'537'599);
    EXPECT_FALSE(parse_hold_until("tomorrow").has_value());
}

TEST(SendSubmission, OriginalRecipientIsTheOneThatWasGiven) {
    smtp::Envelope envelope{{"a", "b.org"}, {{"x", "y.org"}, {"z", "y.org"}}};
    SubmissionOptions options;
    ask(options, envelope);
    EXPECT_TRUE(envelope.recipient_options.empty());
    options.notify = smtp::Notify{};
    ask(options, envelope);
    ASSERT_EQ(envelope.recipient_options.size(), 2U);
    EXPECT_EQ(envelope.recipient_options[1].original, "rfc822;z@y.org");
    options.original = "rfc822;list@y.org";
    ask(options, envelope);
    EXPECT_EQ(envelope.recipient_options[1].original, "rfc822;list@y.org");
}

TEST(SendAddress, InternationalDomains) {
    EXPECT_EQ(parse_address("x@b\xC3\xBC"
                            "cher.example")
                  .value()
                  .encode(),
              "x@xn--bcher-kva.example");
    EXPECT_EQ(parse_address("x@B\xC3\x9C"
                            "CHER.example")
                  .value()
                  .encode(),
              "x@xn--bcher-kva.example");
    EXPECT_EQ(parse_address("j\xC3\xBC@y.org").value().encode(), "j\xC3\xBC@y.org");
    EXPECT_EQ(parse_address("x@y.org").value().encode(), "x@y.org");
    EXPECT_FALSE(parse_address("x@\xE2\x80\xAE.example").has_value());
    EXPECT_FALSE(parse_address("x@y.org\r\nRCPT TO:<evil@z.org>").has_value());
}

}  // namespace
}  // namespace mailpipe::app
