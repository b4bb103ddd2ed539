#include "mailpipe/net/proxy_header.hpp"

#include <gtest/gtest.h>

namespace mailpipe::net {
namespace {

// Reads no more than is wanted; "ADDRESS PORT REST", "- REST" for who is not proxied, or "error", or "more".
std::string read_header(const std::string& octets) {
    std::size_t read = 0;
    while (true) {
        const auto header = parse_proxy_header(octets.substr(0, read));
        if (!header) {
            EXPECT_EQ(header.error().kind, Errc::protocol);
            return "error";
        }
        if (header->wants == 0) {
            return (header->proxied ? header->address + " " + std::to_string(header->port) : "-") + " " +
                   octets.substr(read);
        }
        read += header->wants;
        if (read > octets.size()) return "more";
    }
}

std::string binary(const std::string& rest) {
    return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + rest;
}

TEST(ProxyHeader, Text) {
    EXPECT_EQ(read_header("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\nEHLO x\r\n"),
              "192.0.2.7 40000 EHLO x\r\n");
    EXPECT_EQ(read_header("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n\r\n"), "1.2.3.4 1 \r\n");
    EXPECT_EQ(read_header("PROXY TCP6 2001:DB8:0:0::1 ::1 0 65535\r\nx"), "2001:db8::1 0 x");
    EXPECT_EQ(read_header("PROXY UNKNOWN\r\nx"), "- x");
    EXPECT_EQ(read_header("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nx"), "- x");
    const std::string longest(kProxyHeaderV1 - 2 - 14, 'x');
    EXPECT_EQ(read_header("PROXY UNKNOWN " + longest + "\r\nEHLO"), "- EHLO");
    EXPECT_EQ(read_header("PROXY UNKNOWN " + longest + "x\r\n"), "error");
}

TEST(ProxyHeader, TextThatIsWrong) {
    for (const char* octets :
         {"EHLO client.example\r\n", "proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", "PROXY TCP4 ::1 ::1 1 1\r\n",
          "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY TCP6 fe80::1%lo ::1 1 1\r\n",
          "PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n",
          "PROXY TCP4 1.2.3.4\r1.2.3.4 1 1\r\n", "PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY unknown\r\n"})
        EXPECT_EQ(read_header(octets), "error") << octets;
}

TEST(ProxyHeader, Binary) {
    const std::string v4("\xC0\x00\x02\x07\xC6\x33\x64\x01\x9C\x40\x00\x19", 12);
    const std::string v6 = std::string("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01", 16) +
                           std::string(15, '\0') + "\x01" + std::string("\x9C\x40\x00\x19", 4);
    EXPECT_EQ(read_header(binary(std::string("\x21\x11\x00\x0C", 4) + v4 + "EHLO")), "192.0.2.7 40000 EHLO");
    EXPECT_EQ(read_header(binary(std::string("\x21\x21\x00\x24", 4) + v6 + "EHLO")), "2001:db8::1 40000 EHLO");
    // TLVs are passed over.
    EXPECT_EQ(
        read_header(binary(std::string("\x21\x11\x00\x10", 4) + v4 + std::string("\x04\0\1x", 4) + "EHLO")),
        "192.0.2.7 40000 EHLO");
    EXPECT_EQ(read_header(binary(std::string("\x20\x00\x00\x00", 4) + "EHLO")), "- EHLO");
    EXPECT_EQ(read_header(binary(std::string("\x20\x11\x00\x0C", 4) + v4 + "EHLO")), "- EHLO");
}

TEST(ProxyHeader, BinaryThatIsWrong) {
    const std::string v4(12, 'x');
    for (const std::string& start : {std::string("\x11\x11\x00\x0C", 4), std::string("\x22\x11\x00\x0C", 4),
                                     std::string("\x21\x12\x00\x0C", 4), std::string("\x21\x31\x00\x0C", 4),
                                     std::string("\x21\x00\x00\x0C", 4), std::string("\x21\x11\x00\x0B", 4),
                                     std::string("\x21\x21\x00\x0C", 4), std::string("\x21\x11\xFF\xFF", 4)})
        EXPECT_EQ(read_header(binary(start + v4)), "error")
            << static_cast<int>(start[0]) << ' ' << static_cast<int>(start[1]);
    EXPECT_EQ(read_header(std::string("\r\n\r\n\0\r\nQUIT\r\n\x21\x11", 15)), "error");
}

TEST(ProxyHeader, Cut) {
    const std::string text = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n";
    for (std::size_t length = 0; length < text.size(); ++length)
        EXPECT_EQ(read_header(text.substr(0, length)), "more") << length;
    const std::string octets = binary(std::string("\x21\x11\x00\x0C", 4) + std::string(12, 'x'));
    for (std::size_t length = 0; length < octets.size(); ++length)
        EXPECT_EQ(read_header(octets.substr(0, length)), "more") << length;
}

}  // namespace
}  // namespace mailpipe::net
