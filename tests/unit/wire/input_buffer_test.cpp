#include "mailpipe/wire/input_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailpipe::wire {
namespace {

TEST(InputBuffer, KeepsWhatIsNotConsumed) {
    InputBuffer buffer;
    EXPECT_TRUE(buffer.empty());
    buffer.append("abc");
    buffer.consume(1);
    buffer.append("de");
    EXPECT_EQ(buffer.view(), "bcde");
    buffer.consume(3);
    buffer.append("f");
    EXPECT_EQ(buffer.view(), "ef");
    buffer.consume(2);
    EXPECT_TRUE(buffer.empty());
    buffer.append("");
    EXPECT_EQ(buffer.view(), "");
    buffer.append("g");
    buffer.clear();
    EXPECT_TRUE(buffer.empty());
}

TEST(InputBuffer, ViewsLiveUntilTheNextAppend) {
    InputBuffer buffer;
    buffer.append("abcdef");
    const std::string_view first = buffer.view().substr(0, 3);
    buffer.consume(3);
    const std::string_view second = buffer.view();
    buffer.consume(3);
    EXPECT_EQ(first, "abc");
    EXPECT_EQ(second, "def");
}

TEST(InputBuffer, EndOfFile) {
    InputBuffer buffer;
    EXPECT_FALSE(buffer.eof());
    buffer.append("x");
    buffer.set_eof();
    EXPECT_TRUE(buffer.eof());
    EXPECT_EQ(buffer.view(), "x");
}

// What was consumed does not stay: 1 GiB in small pieces goes through a buffer that holds a piece.
TEST(InputBuffer, MemoryDoesNotGrowWithWhatWasConsumed) {
    InputBuffer buffer;
    const std::string piece(65536, 'x');
    for (int i = 0; i < 16384; ++i) {
        buffer.append(std::string_view(piece).substr(0, i % 2 == 0 ? 65536 : 10));
        buffer.consume(buffer.view().size() - 5);
        ASSERT_EQ(buffer.view(), "xxxxx");
    }
}

// A password is not left behind: neither where it stood, nor when what follows it moves to its place.
TEST(InputBuffer, WhatIsConsumedIsOverwritten) {
    const std::string line = "PASS secret\r\n";
    InputBuffer buffer;
    buffer.append(line + "NOOP\r\n");
    const char* memory = buffer.view().data();
    buffer.consume(line.size());
    buffer.append("x");
    EXPECT_EQ(buffer.view(), "NOOP\r\nx");
    EXPECT_EQ(std::string_view(memory, line.size() + 6), "NOOP\r\nx" + std::string(line.size() - 1, '\0'));
    buffer.consume(7);
    buffer.append("QUIT");
    EXPECT_EQ(std::string_view(memory, 8), std::string_view("QUIT\0\0\0\0", 8));
}

}  // namespace
}  // namespace mailpipe::wire
