#include "mailpipe/base/modified_utf7.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailpipe {
namespace {

struct Pair {
    std::string utf8;
    const char* wire;
};

const Pair kPairs[] = {
    {"INBOX", "INBOX"},
    {"", ""},
    {"a & b", "a &- b"},
    {"&&", "&-&-"},
    {"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
     "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
    {"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
    {"\xF0\x9F\x93\xAC", "&2D3c7A-"},
    {"a\r\nb", "a&AA0ACg-b"},
    {std::string("\0", 1), "&AAA-"},
    {"\x7F", "&AH8-"},
};

TEST(ModifiedUtf7, RoundTrips) {
    for (const Pair& pair : kPairs) {
        const auto wire = encode_mailbox_name(pair.utf8);
        ASSERT_TRUE(wire) << pair.wire;
        EXPECT_EQ(*wire, pair.wire);
        const auto utf8 = decode_mailbox_name(pair.wire);
        ASSERT_TRUE(utf8) << pair.wire << ": " << utf8.error().message;
        EXPECT_EQ(*utf8, pair.utf8);
    }
}

// threats.md: CR, LF, NUL in addresses, names, options, JSON
TEST(ModifiedUtf7, NoNameCarriesALineEnd) {
    for (int c = 0; c < 128; ++c) {
        const auto wire = encode_mailbox_name(std::string(1, static_cast<char>(c)));
        ASSERT_TRUE(wire);
        EXPECT_TRUE(std::all_of(wire->begin(), wire->end(), [](char w) { return w >= 0x20 && w <= 0x7E; }));
    }
}

TEST(ModifiedUtf7, RefusesWhatIsNotUtf8) {
    for (const char* name : {"\xFF", "a\xC3", "\xED\xA0\x80", "\xC0\x80"}) {
        const auto wire = encode_mailbox_name(name);
        ASSERT_FALSE(wire);
        EXPECT_EQ(wire.error().kind, Errc::usage);
    }
}

TEST(ModifiedUtf7, RefusesWhatNoEncoderWrites) {
    for (const char* name : {"&", "&APw", "&A-", "&AP-", "&APx-", "&AGE-", "&APw-&APw-", "&2D0-", "&3D0-",
                             "&3EDYPQ-", "&AP/-", "&=-", "a\x01", "\xC3\xBC", "&2D0AYQ-"}) {
        EXPECT_FALSE(decode_mailbox_name(name)) << name;
    }
}

}  // namespace
}  // namespace mailpipe
