#include "mailpipe/app/header_hold.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

TEST(HeaderHold, HoldsTheHeaderHoweverTheTextIsSplit) {
    struct Row {
        std::string text;
        std::string header;
        bool complete;
    };
    const Row rows[] = {
        {"A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore", "A: 1\r\nB: 2\r\n\r\n", true},
        {"\r\nbody\r\n\r\n", "\r\n", true},
        {"A: 1\r\n", "A: 1\r\n", false},
        {"", "", false},
        {"A: 1\n\nbody", "A: 1\n\nbody", false},
    };
    for (const Row& row : rows) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{100}}) {
            HeaderHold hold;
            for (std::size_t at = 0; at < row.text.size(); at += piece)
                hold.append(std::string_view(row.text).substr(at, piece));
            EXPECT_EQ(hold.text(), row.header) << piece;
            EXPECT_EQ(hold.complete(), row.complete) << row.text;
            EXPECT_FALSE(hold.truncated());
        }
    }
}

TEST(HeaderHold, HoldsNoMoreThanItsLimit) {
    HeaderHold hold;
    const std::string line = "X: " + std::string(1'000'000, 'x') + "\r\n";
    for (int i = 0; i < 12; ++i)
        hold.append(line);
    EXPECT_EQ(hold.text().size(), limits::kHeaderSize);
    EXPECT_TRUE(hold.complete());
    EXPECT_TRUE(hold.truncated());
    hold.clear();
    hold.append("A: 1\r\n\r\n");
    EXPECT_EQ(hold.text(), "A: 1\r\n\r\n");
    EXPECT_FALSE(hold.truncated());
}

}  // namespace
}  // namespace mailpipe::app
