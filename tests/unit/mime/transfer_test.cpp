#include "mailpipe/mime/transfer.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    TransferEncoding encoding;
    std::string text;
    std::string octets;
    bool problem;
};

constexpr auto kB = TransferEncoding::base64;
constexpr auto kQ = TransferEncoding::quoted_printable;

const Row kRows[] = {
    {kB, "aGVsbG8=", "hello", false},
    {kB, "aGVs\r\nbG8=\r\n", "hello", false},
    {kB, "aGVsbG8", "hello", true},  // padding cut off
    {kB, "aGVsbG8=aGVsbG8=", "hellohello", false},
    {kB, "aG!Vs*bG8=", "hello", true},
    {kB, "a", "", true},
    {kB, "a=", "", true},
    {kB, "AP8=", std::string("\0\xFF", 2), false},
    {kB, "", "", false},
    {kB, "====", "", false},
    {kQ, "a=3Db", "a=b", false},
    {kQ, "a=3db", "a=b", false},
    {kQ, "a=\r\nb", "ab", false},
    {kQ, "a=\nb", "ab", false},
    {kQ, "a= \t\r\nb", "ab", false},
    {kQ, "a \t\r\nb\r\n", "a\r\nb\r\n", false},
    {kQ, "a  \nb", "a\nb", false},
    {kQ, "a  b", "a  b", false},
    {kQ, "a =20\r\n", "a  \r\n", false},
    {kQ, "a=", "a", false},
    {kQ, "a=3", "a=3", true},
    {kQ, "a=ZZb", "a=ZZb", true},
    {kQ, "a=3Zb", "a=3Zb", true},
    {kQ, "==3D", "==", true},
    {kQ, "a \rb", "a \rb", false},
    {kQ, "a\r\rb\r\n", "a\r\rb\r\n", false},
    {kQ, "a   ", "a", false},
    {kQ, "=00=FF", std::string("\0\xFF", 2), false},
    {TransferEncoding::identity, "a=3D \r\n", "a=3D \r\n", false},
    {TransferEncoding::unknown, "begin 644", "begin 644", true},
};

TEST(Transfer, DecodeWhole) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(row.text);
        bool problem = false;
        EXPECT_EQ(decode_transfer(row.text, row.encoding, &problem), row.octets);
        EXPECT_EQ(problem, row.problem);
    }
}

TEST(Transfer, DecodeOctetByOctet) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(row.text);
        TransferDecoder decoder(row.encoding);
        std::string out;
        for (const char c : row.text)
            decoder.append(std::string_view(&c, 1), out);
        decoder.finish(out);
        EXPECT_EQ(out, row.octets);
        EXPECT_EQ(decoder.problem(), row.problem);
    }
}

TEST(Transfer, ParseField) {
    EXPECT_EQ(parse_transfer_encoding(" Base64\r\n"), kB);
    EXPECT_EQ(parse_transfer_encoding("(x) quoted-printable (y)"), kQ);
    EXPECT_EQ(parse_transfer_encoding("\"base64\";"), kB);
    EXPECT_EQ(parse_transfer_encoding("7bit"), TransferEncoding::identity);
    EXPECT_EQ(parse_transfer_encoding("8BIT"), TransferEncoding::identity);
    EXPECT_EQ(parse_transfer_encoding("binary"), TransferEncoding::identity);
    EXPECT_EQ(parse_transfer_encoding(""), TransferEncoding::identity);
    EXPECT_EQ(parse_transfer_encoding("x-unheard-of"), TransferEncoding::unknown);
}

}  // namespace
}  // namespace mailpipe::mime
