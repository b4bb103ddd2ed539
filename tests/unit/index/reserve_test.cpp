#include "mailpipe/index/reserve.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace mailpipe::index {
namespace {

namespace fs = std::filesystem;

TEST(Reserve, IsKeptGivenUpAndKeptAgain) {
    std::string root = testing::TempDir() + "reserve-XXXXXX";
    ASSERT_NE(::mkdtemp(root.data()), nullptr);
    const std::string path = root + "/reserve";
    Reserve reserve(path);
    EXPECT_FALSE(reserve.give_up());
    reserve.keep();
    EXPECT_EQ(fs::file_size(path), static_cast<std::uintmax_t>(Reserve::kOctets));
    EXPECT_TRUE(reserve.give_up());
    EXPECT_FALSE(fs::exists(path));
    EXPECT_FALSE(reserve.give_up());
    reserve.keep();
    reserve.keep();
    EXPECT_TRUE(fs::exists(path));
    // What an earlier process has kept is given up as well.
    EXPECT_TRUE(Reserve(path).give_up());
    Reserve nowhere(root + "/none/reserve");
    nowhere.keep();
    EXPECT_FALSE(nowhere.give_up());
    fs::remove_all(root);
}

}  // namespace
}  // namespace mailpipe::index
