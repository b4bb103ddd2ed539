#include "mailpipe/base/edit_distance.hpp"

#include <gtest/gtest.h>

namespace mailpipe {
namespace {

TEST(EditDistance, CountsSteps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("deleet", "delete"), 2U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("keep", "keep"), 0U);
}

TEST(EditDistance, NearestWord) {
    const std::vector<std::string> words{"delete", "delete-after", "keep", "to", "timeout", "tls"};
    EXPECT_EQ(nearest_word("deleet", words), "delete");
    EXPECT_EQ(nearest_word("delete-afer", words), "delete-after");
    EXPECT_EQ(nearest_word("time", words), "timeout");
    EXPECT_EQ(nearest_word("kep", words), "keep");
    EXPECT_EQ(nearest_word("tlz", words), "tls");
    EXPECT_EQ(nearest_word("ssl", words), "");
    EXPECT_EQ(nearest_word("xy", words), "");
    EXPECT_EQ(nearest_word("interval", words), "");
    EXPECT_EQ(nearest_word(std::string(100'000, 'k'), words), "");
}

}  // namespace
}  // namespace mailpipe
