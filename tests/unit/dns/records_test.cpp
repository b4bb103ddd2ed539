#include "mailpipe/dns/records.hpp"

#include <gtest/gtest.h>

namespace mailpipe::dns {
namespace {

using namespace std::string_literals;

// Every truncation of a record's data is refused, and so is what comes after it, unless all lengths are good.
template <class Parse>
void expect_exact(const std::string& rdata, const Parse& parse) {
    EXPECT_TRUE(parse(rdata));
    for (std::size_t length = 0; length < rdata.size(); ++length)
        EXPECT_FALSE(parse(std::string_view(rdata).substr(0, length))) << length;
    EXPECT_FALSE(parse(rdata + "x"));
}

TEST(Records, Mx) {
    const std::string rdata = "\1\2\2mx\7example\0"s;
    expect_exact(rdata, parse_mx);
    EXPECT_EQ(parse_mx(rdata).value(), (Mx{258, "mx.example"}));
    EXPECT_EQ(parse_mx("\0\0\0"s).value(), (Mx{0, "."}));
}

TEST(Records, Srv) {
    const std::string rdata = "\0\1\0\2\2\x4b\4mail\0"s;
    expect_exact(rdata, parse_srv);
    EXPECT_EQ(parse_srv(rdata).value(), (Srv{1, 2, 587, "mail"}));
}

TEST(Records, Tlsa) {
    EXPECT_EQ(parse_tlsa("\3\1\1abc"s).value(), (Tlsa{3, 1, 1, "abc"}));
    EXPECT_EQ(parse_tlsa("\xff\x01\x02\xff"s).value().usage, 255);
    for (const std::string& rdata : {""s, "\3"s, "\3\1"s, "\3\1\1"s})
        EXPECT_FALSE(parse_tlsa(rdata));
}

TEST(Records, Address) {
    EXPECT_EQ(parse_address(Type::a, "\x7f\0\0\1"s).value(), "127.0.0.1");
    EXPECT_EQ(parse_address(Type::aaaa, std::string(15, '\0') + '\1').value(), "::1");
    EXPECT_FALSE(parse_address(Type::a, std::string(16, '\0')));
    EXPECT_FALSE(parse_address(Type::aaaa, std::string(4, '\0')));
    EXPECT_FALSE(parse_address(Type::a, ""));
}

TEST(Records, Txt) {
    EXPECT_EQ(parse_txt("\4v=ST\3Sv1"s).value(), "v=STSv1");
    EXPECT_EQ(parse_txt("\0"s).value(), "");
    for (const std::string& rdata : {""s, "\5abcd"s, "\1a\2b"s})
        EXPECT_FALSE(parse_txt(rdata));
}

TEST(Records, CnameTarget) {
    expect_exact("\2mx\3org\0"s, parse_name);
}

}  // namespace
}  // namespace mailpipe::dns
