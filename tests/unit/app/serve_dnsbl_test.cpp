#include "mailpipe/app/serve/access/dnsbl.hpp"

#include <gtest/gtest.h>

#include <map>

namespace mailpipe::app::serve {
namespace {

// Answers with the A records of a table; a name that is not there is NXDOMAIN, one without records an error.
class Table : public dns::Resolver {
 public:
    explicit Table(std::map<std::string, std::vector<std::string>> names) : names_(std::move(names)) {}
    Result<dns::Answer> query(const std::string& name, dns::Type type) override {
        EXPECT_EQ(type, dns::Type::a);
        dns::Answer answer;
        answer.outcome = dns::Answer::Outcome::no_name;
        const auto found = names_.find(name);
        if (found == names_.end()) return answer;
        if (found->second.empty()) return fail(Errc::temporary, "SERVFAIL");
        answer.outcome = dns::Answer::Outcome::records;
        answer.rdata = found->second;
        return answer;
    }

 private:
    std::map<std::string, std::vector<std::string>> names_;
};

TEST(ServeDnsbl, ReversedAddresses) {
    EXPECT_EQ(reversed_address("192.0.2.7"), "7.2.0.192");
    EXPECT_EQ(reversed_address("::ffff:192.0.2.7"), "7.2.0.192");
    EXPECT_EQ(reversed_address("2001:db8:1:2:3:4:567:89ab"),
              "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2");
    EXPECT_EQ(reversed_address(""), "");
    EXPECT_EQ(reversed_address("unix"), "");
}

TEST(ServeDnsbl, WhatAListSays) {
    const std::string listed("\x7F\0\0\x02", 4);
    const std::string refusal("\x7F\xFF\xFF\xFE", 4);
    const std::string made_up("\xC0\0\2\1", 4);
    auto made = Dnsbl::make({"One.Example.", "two.example"},
                            std::make_unique<Table>(std::map<std::string, std::vector<std::string>>{
                                {"2.2.0.192.one.example", {listed}},
                                {"3.2.0.192.two.example", {listed}},
                                {"4.2.0.192.one.example", {refusal}},
                                {"5.2.0.192.one.example", {made_up}},
                                {"6.2.0.192.one.example", {}},
                                {"6.2.0.192.two.example", {made_up, listed}},
                            }));
    ASSERT_TRUE(made);
    const Dnsbl& dnsbl = **made;
    EXPECT_EQ(dnsbl.listed_by("192.0.2.1"), "");
    EXPECT_EQ(dnsbl.listed_by("192.0.2.2"), "one.example");
    EXPECT_EQ(dnsbl.listed_by("192.0.2.3"), "two.example");
    EXPECT_EQ(dnsbl.listed_by("192.0.2.4"), "");
    EXPECT_EQ(dnsbl.listed_by("192.0.2.5"), "");
    EXPECT_EQ(dnsbl.listed_by("192.0.2.6"), "two.example");
    EXPECT_EQ(dnsbl.listed_by(""), "");
    EXPECT_FALSE(Dnsbl::make({"not a zone"}, nullptr));
}

}  // namespace
}  // namespace mailpipe::app::serve
