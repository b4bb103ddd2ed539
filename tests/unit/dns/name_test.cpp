#include "mailpipe/dns/name.hpp"

#include <gtest/gtest.h>

namespace mailpipe::dns {
namespace {

using namespace std::string_literals;

TEST(Name, Canonical) {
    const std::pair<std::string, std::string> good[] = {
        {"example.org", "example.org"},
        {"Example.ORG.", "example.org"},
        {"_25._tcp.mx", "_25._tcp.mx"},
        {std::string(63, 'a') + ".b", std::string(63, 'a') + ".b"},
    };
    for (const auto& [text, name] : good)
        EXPECT_EQ(canonical_name(text).value(), name);
    const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') +
                                "." + std::string(61, 'd');
    EXPECT_EQ(longest.size(), 253U);
    EXPECT_TRUE(canonical_name(longest));
    const std::string bad[] = {"",    ".",       "a..b",  ".a",   std::string(64, 'a'),    longest + "d",
                               "a b", "a\\046b", "a\0b"s, "a\nb", "m\xc3\xbcller.example", "[1.2.3.4]",
                               "a/b", "a*"};
    for (const std::string& text : bad)
        EXPECT_FALSE(canonical_name(text)) << text;
}

TEST(Name, MatchesDomain) {
    EXPECT_TRUE(matches_domain("example.org", "example.org"));
    EXPECT_FALSE(matches_domain("a.example.org", "example.org"));
    EXPECT_TRUE(matches_domain("a.example.org", ".example.org"));
    EXPECT_TRUE(matches_domain("b.a.example.org", ".example.org"));
    EXPECT_FALSE(matches_domain("example.org", ".example.org"));
    EXPECT_FALSE(matches_domain("badexample.org", ".example.org"));
    EXPECT_TRUE(matches_domain("anything", "*"));
}

TEST(Name, Wire) {
    struct Row {
        std::string octets;
        std::string name;  // empty: refused
        std::size_t left;
    };
    const Row rows[] = {
        {"\2mx\7Example\3org\0"s, "mx.example.org", 0},
        {"\0rest"s, ".", 4},
        {"\1a\0\1b"s, "a", 2},
        {"", "", 0},
        {"\2m", "", 0},
        {"\1a", "", 0},
        {"\xc0\x0c"s, "", 0},  // compressed
        {"\3a.b\0"s, "", 0},   // a dot within a label
        {"\3a\nb\0"s, "", 0},  // a line end
        {"\3a b\0"s, "", 0},
        {"\1\0\0"s, "", 0},
    };
    for (const Row& row : rows) {
        std::string_view octets = row.octets;
        auto name = take_wire_name(octets);
        EXPECT_EQ(name.value_or(""), row.name);
        if (name) {
            EXPECT_EQ(octets.size(), row.left);
        }
    }
    std::string endless;
    for (int i = 0; i < 200; ++i)
        endless += "\1a";
    std::string_view octets = endless += '\0';
    EXPECT_FALSE(take_wire_name(octets));
}

}  // namespace
}  // namespace mailpipe::dns
