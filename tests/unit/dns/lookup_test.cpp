#include "mailpipe/dns/lookup.hpp"

#include <gtest/gtest.h>

#include <map>

namespace mailpipe::dns {
namespace {

using namespace std::string_literals;

class FakeResolver : public Resolver {
 public:
    Result<Answer> query(const std::string& name, Type type) override {
        const auto found = answers.find({name, type});
        if (found == answers.end()) return Answer{Answer::Outcome::no_name, Security::unknown, name, {}, ""};
        return found->second;
    }
    std::map<std::pair<std::string, Type>, Result<Answer>> answers;
};

Answer with(std::vector<std::string> rdata, Security security = Security::unknown) {
    return {Answer::Outcome::records, security, "x", std::move(rdata), ""};
}

const std::string kGood = "\0\12\2mx\0"s;
const std::string kBad = "\0\12\2m"s;

TEST(Lookup, AMalformedRecordAmongOthersIsLeftOut) {
    FakeResolver resolver;
    resolver.answers[{"x", Type::mx}] = with({kBad, kGood});
    EXPECT_EQ(lookup_mx(resolver, "x").value().records, std::vector<Mx>({{10, "mx"}}));
    resolver.answers[{"x", Type::mx}] = with({kBad, kBad});
    EXPECT_EQ(lookup_mx(resolver, "x").error().kind, Errc::protocol);
    resolver.answers[{"x", Type::tlsa}] = with({"\3\1\1a"s, "\3"s});
    EXPECT_EQ(lookup_tlsa(resolver, "x").error().kind, Errc::protocol);
}

TEST(Lookup, BogusIsNeverBelieved) {
    FakeResolver resolver;
    resolver.answers[{"x", Type::mx}] = Answer{Answer::Outcome::bogus, Security::bogus, "x", {}, "expired"};
    const auto found = lookup_mx(resolver, "x");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, Errc::temporary);
    EXPECT_NE(found.error().message.find("expired"), std::string::npos);
}

TEST(Lookup, NoNameAndNoData) {
    FakeResolver resolver;
    EXPECT_TRUE(lookup_mx(resolver, "x").value().no_name);
    resolver.answers[{"x", Type::mx}] = Answer{};
    EXPECT_FALSE(lookup_mx(resolver, "x").value().no_name);
    EXPECT_TRUE(lookup_mx(resolver, "x").value().records.empty());
}

TEST(Lookup, Addresses) {
    FakeResolver resolver;
    resolver.answers[{"x", Type::a}] = with({"\1\1\1\1"s, "\2\2\2\2"s}, Security::secure);
    resolver.answers[{"x", Type::aaaa}] = with({std::string(15, '\0') + '\1'}, Security::insecure);
    const auto both = lookup_addresses(resolver, "x", {}).value();
    EXPECT_EQ(both.records, (std::vector<std::string>{"::1", "1.1.1.1", "2.2.2.2"}));
    EXPECT_EQ(both.security, Security::insecure);
    const auto v4 = lookup_addresses(resolver, "x", {true, false}).value();
    EXPECT_EQ(v4.records.size(), 2U);
    EXPECT_EQ(v4.security, Security::secure);
    resolver.answers[{"x", Type::aaaa}] = fail(Errc::temporary, "SERVFAIL");
    EXPECT_EQ(lookup_addresses(resolver, "x", {}).value().records.size(), 2U);
    resolver.answers[{"x", Type::a}] = Answer{};
    EXPECT_EQ(lookup_addresses(resolver, "x", {}).error().kind, Errc::temporary);
}

}  // namespace
}  // namespace mailpipe::dns
