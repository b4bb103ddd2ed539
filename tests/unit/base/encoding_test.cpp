#include "mailpipe/base/encoding.hpp"

#include <gtest/gtest.h>

namespace mailpipe {
namespace {

std::string all_octets() {
    std::string octets;
    for (int c = 0; c < 256; ++c)
        octets += static_cast<char>(c);
    return octets;
}

TEST(Base64, Rfc4648Section10) {
    const char* pairs[][2] = {{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}};
    for (const auto& pair : pairs) {
        EXPECT_EQ(encode_base64(pair[0]), pair[1]);
        EXPECT_EQ(decode_base64(pair[1]), pair[0]);
    }
    EXPECT_EQ(decode_base64(encode_base64(all_octets())), all_octets());
}

// threats.md: hostile SASL: bad base64
TEST(Base64, Strict) {
    for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n",
                             "Zg==Zg==", "Z=g=", "-_8=", "Zm9v=", "\xC3\xBC\xC3\xBC"}) {
        EXPECT_FALSE(decode_base64(text)) << text;
    }
}

TEST(Base64, EncoderTakesPiecesOfAnySize) {
    const std::string octets = all_octets();
    for (std::size_t piece = 1; piece <= 7; ++piece) {
        Base64Encoder encoder;
        std::string out;
        for (std::size_t at = 0; at < octets.size(); at += piece) {
            encoder.append(std::string_view(octets).substr(at, piece), out);
        }
        encoder.finish(out);
        EXPECT_EQ(out, encode_base64(octets)) << piece;
        encoder.append("f", out = "");
        encoder.finish(out);
        EXPECT_EQ(out, "Zg==");
    }
}

TEST(Hex, LowerCase) {
    EXPECT_EQ(encode_hex(std::string_view("\x00\xFF\x1a", 3)), "00ff1a");
}

TEST(Percent, KeepsTheUnreserved) {
    EXPECT_EQ(encode_percent("aZ9-._~"), "aZ9-._~");
    EXPECT_EQ(encode_percent("a b/c%;\xC3\xBC"), "a%20b%2Fc%25%3B%C3%BC");
    EXPECT_EQ(encode_percent("a/b", "/"), "a/b");
    EXPECT_EQ(decode_percent(encode_percent(all_octets())), all_octets());
    EXPECT_EQ(decode_percent("%c3%BC+"), "\xC3\xBC+");
    for (const char* text : {"%", "%4", "%4g", "%%41", "a%"})
        EXPECT_FALSE(decode_percent(text)) << text;
}

}  // namespace
}  // namespace mailpipe
