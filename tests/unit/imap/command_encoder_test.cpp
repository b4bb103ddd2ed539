#include "mailpipe/imap/command_encoder.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap {
namespace {

std::vector<std::string> octets(const std::vector<Chunk>& chunks) {
    std::vector<std::string> out;
    for (const Chunk& chunk : chunks)
        out.push_back(chunk.octets);
    return out;
}

using Chunks = std::vector<std::string>;

std::optional<Chunks> encode_string(LiteralUse use, std::string_view value) {
    CommandEncoder encoder(use);
    encoder.text("X ");
    if (!encoder.string(value)) return std::nullopt;
    return octets(encoder.text(" Y").finish());
}

TEST(CommandEncoder, Strings) {
    EXPECT_EQ(encode_string(LiteralUse::plus, "a b"), Chunks{"X \"a b\" Y\r\n"});
    EXPECT_EQ(encode_string(LiteralUse::plus, "a\"\\b"), Chunks{"X \"a\\\"\\\\b\" Y\r\n"});
    EXPECT_EQ(encode_string(LiteralUse::plus, ""), Chunks{"X \"\" Y\r\n"});
    EXPECT_EQ(encode_string(LiteralUse::plus, "\xC3\xBC"), Chunks{"X {2+}\r\n\xC3\xBC Y\r\n"});
    EXPECT_EQ(encode_string(LiteralUse::synchronizing, "\xC3\xBC"), (Chunks{"X {2}\r\n", "\xC3\xBC Y\r\n"}));
    EXPECT_EQ(encode_string(LiteralUse::minus, "\xC3\xBC"), Chunks{"X {2+}\r\n\xC3\xBC Y\r\n"});
    const std::string big(4097, '\xC3');
    EXPECT_EQ(encode_string(LiteralUse::minus, big), (Chunks{"X {4097}\r\n", big + " Y\r\n"}));
}

// threats.md: CR, LF, NUL in addresses, names, options, JSON (net-imap CVE-2026-42257)
TEST(CommandEncoder, LineEndsStayInsideOfLiterals) {
    EXPECT_EQ(encode_string(LiteralUse::plus, "a\r\nA9 DELETE x"), Chunks{"X {14+}\r\na\r\nA9 DELETE x Y\r\n"});
    EXPECT_EQ(encode_string(LiteralUse::plus, "a\n"), Chunks{"X {2+}\r\na\n Y\r\n"});
    EXPECT_FALSE(encode_string(LiteralUse::plus, std::string_view("a\0b", 3)));
}

TEST(CommandEncoder, SecretsAreNotTraced) {
    for (const char* password : {"hush", "hu\xC3\xBCsh"}) {
        for (const LiteralUse use : {LiteralUse::plus, LiteralUse::synchronizing}) {
            CommandEncoder encoder(use);
            ASSERT_TRUE(encoder.text("A1 LOGIN ").string(password, true));
            for (const Chunk& chunk : encoder.finish()) {
                EXPECT_EQ(chunk.traced.find("hu"), std::string::npos) << chunk.traced;
                EXPECT_EQ(chunk.traced.find('5'), std::string::npos) << chunk.traced;
            }
        }
    }
}

TEST(CommandEncoder, Criteria) {
    struct Case {
        const char* criteria;
        Chunks chunks;  // empty: refused
    };
    const Case cases[] = {
        {"ALL", {"ALL\r\n"}},
        {"SUBJECT \"a {3}\"", {"SUBJECT \"a {3}\"\r\n"}},
        {"SUBJECT {2}\r\n\xC3\xBC SEEN", {"SUBJECT {2}\r\n", "\xC3\xBC SEEN\r\n"}},
        {"TEXT {2}\r\na\n BODY {1}\r\n\n", {"TEXT {2}\r\n", "a\n BODY {1}\r\n", "\n\r\n"}},
        {"ALL\r\nA9 LOGOUT", {}},
        {"ALL\n", {}},
        {"ALL\r", {}},
        {"TEXT \"{3}\r\nabc", {}},
        {"TEXT {9}\r\nabc", {}},
        {"TEXT {99999999999999999999}\r\nabc", {}},
    };
    for (const Case& c : cases) {
        CommandEncoder encoder(LiteralUse::synchronizing);
        const bool accepted = encoder.criteria(c.criteria).has_value();
        ASSERT_EQ(accepted, !c.chunks.empty()) << c.criteria;
        if (!accepted) continue;
        EXPECT_EQ(octets(encoder.finish()), c.chunks) << c.criteria;
    }
}

TEST(UidSet, Contains) {
    const auto set = UidSet::parse("7,1:3,2:5,4294967295,20:10");
    ASSERT_TRUE(set);
    for (const std::uint32_t uid : {1U, 3U, 4U, 5U, 7U, 10U, 20U, 4294967295U})
        EXPECT_TRUE(set->contains(uid)) << uid;
    for (const std::uint32_t uid : {6U, 8U, 9U, 21U, 4294967294U})
        EXPECT_FALSE(set->contains(uid)) << uid;
    EXPECT_TRUE(UidSet::parse("7:*")->contains(3));
    EXPECT_TRUE(UidSet::parse("1:4294967295")->contains(77));
}

TEST(UidSet, Malformed) {
    for (const char* text :
         {"", ",", "1,", "0", "1:", ":1", "a", "1:2:3", "1 2", "4294967296", "1\r\nA LOGOUT", "-1"}) {
        const auto set = UidSet::parse(text);
        ASSERT_FALSE(set) << text;
        EXPECT_EQ(set.error().kind, Errc::usage);
    }
}

}  // namespace
}  // namespace mailpipe::imap
