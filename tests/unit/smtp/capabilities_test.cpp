#include <gtest/gtest.h>

#include "mailpipe/smtp/types.hpp"

namespace mailpipe::smtp {
namespace {

Capabilities of(std::initializer_list<std::string_view> lines) {
    Capabilities capabilities;
    for (const auto line : lines)
        capabilities.add(line);
    return capabilities;
}

TEST(Capabilities, Flags) {
    const Capabilities all = of({"8bitmime", "PIPELINING", "ENHANCEDSTATUSCODES", "STARTTLS", "SMTPUTF8",
                                 "CHUNKING", "BINARYMIME", "DSN", "REQUIRETLS", "BURL imap",
                                 "NO-SOLICITING net.example:ADV", "MT-PRIORITY MIXER", "XCLIENT NAME ADDR"});
    EXPECT_TRUE(all.eight_bit_mime && all.pipelining && all.enhanced_status_codes && all.starttls &&
                all.smtputf8);
    EXPECT_TRUE(all.chunking && all.binary_mime && all.dsn && all.require_tls && all.burl && all.no_soliciting);
    EXPECT_TRUE(all.mt_priority);
    EXPECT_EQ(all.other, std::vector<std::string>{"XCLIENT NAME ADDR"});
}

TEST(Capabilities, DeliverBy) {
    EXPECT_TRUE(of({"DELIVERBY"}).deliver_by);
    EXPECT_EQ(of({"DELIVERBY 240"}).deliver_by_minimum, 240U);
    EXPECT_EQ(of({"DELIVERBY soon"}).deliver_by_minimum, 0U);
}

TEST(Capabilities, FutureRelease) {
    // RFC 4865 section 4.1
    const Capabilities offered = of({"FUTURERELEASE 2592000 2004-12-31T23:59:59z"});
    EXPECT_TRUE(offered.future_release);
    EXPECT_EQ(offered.max_hold_for, 2'592'000U);
    EXPECT_EQ(offered.max_hold_until, "2004-12-31T23:59:59Z");
    EXPECT_TRUE(of({"FUTURERELEASE"}).future_release);
}

TEST(Capabilities, Limits) {
    const Capabilities offered = of({"LIMITS RCPTMAX=20 MAILMAX=5 rcptdomainmax=1 FUTURE=7"});
    EXPECT_EQ(offered.recipients_max, 20U);
    EXPECT_EQ(offered.mail_max, 5U);
    EXPECT_EQ(offered.recipient_domains_max, 1U);
    const Capabilities odd = of({"LIMITS RCPTMAX=0 MAILMAX RCPTDOMAINMAX=99999999999999999999 ="});
    EXPECT_EQ(odd.recipients_max + odd.mail_max + odd.recipient_domains_max, 0U);
}

}  // namespace
}  // namespace mailpipe::smtp
