#include "mailpipe/mime/transfer_encode.hpp"

#include <gtest/gtest.h>

#include <random>

#include "mailpipe/mime/transfer.hpp"

namespace mailpipe::mime {
namespace {

TEST(TransferEncode, ChoosesWhatAnyTransportCarries) {
    struct Row {
        std::string body;
        bool is_text;
        BodyEncoding encoding;
    };
    const std::string line(998, 'x');
    const std::vector<Row> rows = {
        {"", true, BodyEncoding::seven_bit},
        {"plain\r\n", true, BodyEncoding::seven_bit},
        {"plain\r\n", false, BodyEncoding::seven_bit},
        {line + "\r\n", true, BodyEncoding::seven_bit},
        {line + "x\r\n", true, BodyEncoding::quoted_printable},
        {"caf\xC3\xA9 au lait, s'il vous plait\r\n", true, BodyEncoding::quoted_printable},
        {"caf\xC3\xA9 au lait, s'il vous plait\r\n", false, BodyEncoding::base64},
        {"\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\r\n", true, BodyEncoding::base64},
        {"bare\nLF\r\n", true, BodyEncoding::base64},
        {"bare\rCR\r\n", true, BodyEncoding::base64},
        {std::string("a\0b\r\n", 5), true, BodyEncoding::base64},
    };
    for (const Row& row : rows)
        EXPECT_EQ(choose_body_encoding(row.body, row.is_text), row.encoding) << row.body;
}

TEST(TransferEncode, QuotedPrintableOfTheRfc) {
    // The rules of RFC 2045 section 6.7: 1 any octet, 2 literal, 3 white space at the end, 4 line breaks, 5 length.
    EXPECT_EQ(encode_quoted_printable_body("a=b"), "a=3Db=\r\n");
    EXPECT_EQ(encode_quoted_printable_body("x \r\ny\t\r\n"), "x=20\r\ny=09\r\n");
    EXPECT_EQ(encode_quoted_printable_body("x y\tz\r\n"), "x y\tz\r\n");
    EXPECT_EQ(encode_quoted_printable_body("\xE9\r\n"), "=E9\r\n");
    EXPECT_EQ(encode_quoted_printable_body("a\nb\rc\r\n"), "a=0Ab=0Dc\r\n");
    EXPECT_EQ(encode_quoted_printable_body("From x\r\n.\r\nFromage\r\n"), "=46rom x\r\n=2E\r\nFromage\r\n");
    EXPECT_EQ(encode_quoted_printable_body(std::string(76, 'x') + "\r\n"), std::string(76, 'x') + "\r\n");
    EXPECT_EQ(encode_quoted_printable_body(std::string(77, 'x') + "\r\n"),
              std::string(75, 'x') + "=\r\nxx\r\n");
    EXPECT_EQ(encode_quoted_printable_body(std::string(75, 'x') + ".\r\n"), std::string(75, 'x') + ".\r\n");
    EXPECT_EQ(encode_quoted_printable_body(std::string(76, 'x') + ".\r\n"),
              std::string(75, 'x') + "=\r\nx.\r\n");
}

TEST(TransferEncode, DecodingYieldsTheOctets) {
    std::mt19937 random(2045);
    constexpr std::string_view kCharacters("ab .=\t\r\n\xC3\xA9\0F-", 14);
    for (int i = 0; i < 3000; ++i) {
        std::string octets;
        const std::size_t size = random() % 200;
        while (octets.size() < size) {
            octets += kCharacters[random() % kCharacters.size()];
            if (random() % 8 == 0) octets += "\r\n";
            if (random() % 16 == 0) octets += "From ";
        }
        const std::string quoted = encode_quoted_printable_body(octets);
        ASSERT_EQ(decode_transfer(quoted, TransferEncoding::quoted_printable), octets) << quoted;
        const std::string base64 = encode_base64_body(octets);
        ASSERT_EQ(decode_transfer(base64, TransferEncoding::base64), octets);
        for (const std::string& text : {quoted, base64}) {
            std::size_t at = 0;
            while (at < text.size()) {
                const std::size_t end = text.find("\r\n", at);
                ASSERT_NE(end, std::string::npos) << text;
                ASSERT_LE(end - at, 76U) << text;
                at = end + 2;
            }
        }
    }
}

}  // namespace
}  // namespace mailpipe::mime
