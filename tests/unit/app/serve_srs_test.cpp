#include "mailpipe/app/serve/smtp/srs.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::time_t kNow = 1795694400;
constexpr std::time_t kDay = 86'400;

Srs ours(const std::string& secret = "key") {
    return {Secret(secret), "here.example"};
}

TEST(Srs, GoesThereAndBack) {
    for (const smtp::Mailbox& sender :
         {smtp::Mailbox{"alice", "far.example"}, smtp::Mailbox{"a=b+c", "far.example"},
          smtp::Mailbox{"a b", "far.example"}, smtp::Mailbox{"x", "[192.0.2.1]"}}) {
        const smtp::Mailbox there = ours().forward(sender, kNow);
        EXPECT_EQ(there.domain, "here.example");
        EXPECT_TRUE(Srs::is_rewritten(there.local_part));
        EXPECT_EQ(ours().reverse(there.local_part, kNow).value(), sender) << there.encode();
        EXPECT_EQ(ours().reverse(there.local_part, kNow + 21 * kDay).value(), sender);
        EXPECT_FALSE(ours().reverse(there.local_part, kNow + 22 * kDay).has_value());
        EXPECT_FALSE(ours("other").reverse(there.local_part, kNow).has_value());
    }
}

TEST(Srs, LettersCountWithoutCase) {
    const smtp::Mailbox there = ours().forward({"alice", "far.example"}, kNow);
    EXPECT_EQ(ours().reverse(ascii::to_lower(there.local_part), kNow).value().encode(), "alice@far.example");
}

TEST(Srs, DaysGoRound) {
    const std::time_t last_day = (1024 * 20 + 1023) * kDay;
    const smtp::Mailbox there = ours().forward({"alice", "far.example"}, last_day);
    EXPECT_TRUE(ours().reverse(there.local_part, last_day + 5 * kDay).has_value());
    EXPECT_FALSE(ours().reverse(there.local_part, last_day + 30 * kDay).has_value());
}

TEST(Srs, ForwardedAgainComesBackOverTheFirst) {
    const Srs first(Secret("1"), "first.example");
    const Srs second(Secret("2"), "second.example");
    const Srs third(Secret("3"), "third.example");
    const smtp::Mailbox once = first.forward({"alice", "far.example"}, kNow);
    const smtp::Mailbox twice = second.forward(once, kNow);
    EXPECT_TRUE(twice.local_part.starts_with("SRS1="));
    const smtp::Mailbox thrice = third.forward(twice, kNow);
    EXPECT_EQ(third.reverse(thrice.local_part, kNow).value(), once);
    EXPECT_EQ(second.reverse(twice.local_part, kNow).value(), once);
    EXPECT_EQ(first.reverse(once.local_part, kNow).value().encode(), "alice@far.example");
}

TEST(Srs, LeavesWhatNeedsNoRewriting) {
    EXPECT_TRUE(ours().forward({}, kNow).is_null());
    EXPECT_EQ(ours().forward({"bob", "here.example"}, kNow).encode(), "bob@here.example");
}

// Otherwise this host would send mail to anybody.
TEST(Srs, ForgedIsRefused) {
    const std::string there = ours().forward({"alice", "far.example"}, kNow).local_part;
    for (std::size_t i = 5; i < there.size(); ++i) {
        std::string forged = there;
        forged[i] = forged[i] == 'Q' ? 'R' : 'Q';
        if (ascii::equals_ignore_case(forged, there)) continue;
        EXPECT_FALSE(ours().reverse(forged, kNow).has_value()) << forged;
    }
    for (const char* bad :
         {"SRS0=", "SRS0==", "SRS0=A=B=c=d", "SRS1=", "SRS1=A=b==c", "SRS0=AAAAAAAA=AA=far.example=x"})
        EXPECT_FALSE(ours().reverse(bad, kNow).has_value()) << bad;
}

}  // namespace
}  // namespace mailpipe::app::serve
