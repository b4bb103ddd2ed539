#include "mailpipe/smtp/envelope_split.hpp"

#include <gtest/gtest.h>

namespace mailpipe::smtp {
namespace {

using Parts = std::vector<std::vector<std::size_t>>;

Envelope for_domains(std::initializer_list<const char*> domains) {
    Envelope envelope{{"a", "b.org"}, {}};
    for (const char* domain : domains) {
        envelope.recipients.push_back({"x" + std::to_string(envelope.recipients.size()), domain});
    }
    return envelope;
}

Parts split(const Envelope& envelope, std::string_view limits) {
    Capabilities offered;
    offered.add(limits);
    return split_recipients(envelope, offered);
}

TEST(EnvelopeSplit, Table) {
    const Envelope five = for_domains({"p", "q", "p", "r", "q"});
    EXPECT_EQ(split(five, "X"), (Parts{{0, 1, 2, 3, 4}}));
    EXPECT_EQ(split(five, "LIMITS RCPTMAX=5"), (Parts{{0, 1, 2, 3, 4}}));
    EXPECT_EQ(split(five, "LIMITS RCPTMAX=2"), (Parts{{0, 1}, {2, 3}, {4}}));
    EXPECT_EQ(split(five, "LIMITS RCPTDOMAINMAX=1"), (Parts{{0, 2}, {1, 4}, {3}}));
    EXPECT_EQ(split(five, "LIMITS RCPTDOMAINMAX=2 RCPTMAX=3"), (Parts{{0, 1, 2}, {3, 4}}));
    EXPECT_EQ(split(for_domains({}), "LIMITS RCPTMAX=2"), (Parts{{}}));
}

}  // namespace
}  // namespace mailpipe::smtp
