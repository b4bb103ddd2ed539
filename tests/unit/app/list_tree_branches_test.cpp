#include "mailpipe/app/list/tree_branches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace mailpipe::app {
namespace {

TEST(TreeBranches, LinesGoOnToTheNextSibling) {
    EXPECT_EQ(tree_branches({0, 1, 2, 1, 0, 1, 2, 3}),
              (std::vector<std::string>{"", "├ ", "│ └ ", "└ ", "", "└ ", "  └ ", "    └ "}));
    EXPECT_TRUE(tree_branches({}).empty());
}

// threats.md: a chain of replies as long as a mailbox; its square would be 20 GB.
TEST(TreeBranches, DeepOnesAreDrawnNoDeeper) {
    std::vector<std::size_t> chain(100'000);
    std::iota(chain.begin(), chain.end(), std::size_t{0});
    const auto drawn = tree_branches(chain);
    EXPECT_EQ(drawn[50], std::string(98, ' ') + "└ ");
    EXPECT_EQ(drawn.back(), drawn[50]);
    EXPECT_LT(drawn[49].size(), drawn[50].size());
}

}  // namespace
}  // namespace mailpipe::app
