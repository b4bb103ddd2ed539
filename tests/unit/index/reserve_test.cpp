#include "mailpipe/index/reserve.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::index {
namespace {

namespace fs = std::filesystem;

TEST(Reserve, IsKeptGivenUpAndKeptAgain) {
    const tests::ScratchDirectory scratch;
    const std::string path = scratch.file("reserve");
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
    Reserve nowhere(scratch.file("none/reserve"));
    nowhere.keep();
    EXPECT_FALSE(nowhere.give_up());
}

}  // namespace
}  // namespace mailpipe::index
