#include "mailpipe/wire/deflate.hpp"

#include <gtest/gtest.h>

namespace mailpipe::wire {
namespace {

std::string inflate_all(Deflate& side) {
    std::string all;
    while (true) {
        const auto piece = side.inflate();
        EXPECT_TRUE(piece) << (piece ? "" : piece.error().message);
        if (!piece || piece->empty()) return all;
        EXPECT_LE(piece->size(), 64U * 1024);
        all += *piece;
    }
}

TEST(Deflate, BothSidesUnderstandEachOther) {
    Deflate client;
    Deflate server;
    std::string noise;
    for (unsigned i = 0; i < 300'000; ++i)
        noise += static_cast<char>((i * 2654435761U) >> 24U);
    for (const std::string& text :
         {std::string("A1 NOOP\r\n"), std::string("x"), noise, std::string(200'000, 'a')}) {
        const std::string compressed = client.compress(text);
        server.feed(compressed);
        EXPECT_EQ(inflate_all(server), text);  // at once, without what follows
        std::string octet_by_octet;
        for (const char octet : server.compress(text)) {
            client.feed(std::string_view(&octet, 1));
            octet_by_octet += inflate_all(client);
        }
        EXPECT_EQ(octet_by_octet, text);
    }
}

// threats.md: compression bombs. What grows a thousandfold comes in pieces.
TEST(Deflate, BombComesInPieces) {
    Deflate attacker;
    Deflate victim;
    std::string bomb;
    for (int i = 0; i < 64; ++i)
        bomb += attacker.compress(std::string(1U << 20U, '\0'));
    EXPECT_LT(bomb.size(), 128U * 1024);
    victim.feed(bomb);
    std::size_t size = 0;
    std::size_t pieces = 0;
    while (true) {
        const auto piece = victim.inflate();
        ASSERT_TRUE(piece);
        if (piece->empty()) break;
        ASSERT_LE(piece->size(), 64U * 1024);
        size += piece->size();
        ++pieces;
    }
    EXPECT_EQ(size, 64U << 20U);
    EXPECT_GE(pieces, 1024U);
}

TEST(Deflate, WhatIsNoneIsAnError) {
    for (const std::string& octets :
         {std::string("* OK in the clear\r\n"), std::string("\x07\x07", 2), std::string(1000, '\xff')}) {
        Deflate side;
        side.feed(octets);
        auto piece = side.inflate();
        while (piece && !piece->empty())
            piece = side.inflate();
        ASSERT_FALSE(piece) << octets;
        EXPECT_EQ(piece.error().kind, Errc::protocol);
    }
    Deflate side;
    side.feed(std::string("\x03\x00", 2));  // an empty last block
    EXPECT_EQ(side.inflate().error().message, "the compressed stream of the server ends");
}

}  // namespace
}  // namespace mailpipe::wire
