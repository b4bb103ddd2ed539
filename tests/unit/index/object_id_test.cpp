#include "mailpipe/index/object_id.hpp"

#include <gtest/gtest.h>

namespace mailpipe::index {
namespace {

TEST(ObjectId, IsOneOfRfc8474) {
    EXPECT_EQ(object_id_of('E', "abc"), "EungWv48Bz-pBQUDeXa4iI7AD");
    EXPECT_NE(random_object_id('F'), random_object_id('F'));
    EXPECT_EQ(random_object_id('F').size(), 25U);
    EXPECT_EQ(short_hash("abc").size(), 16U);
}

}  // namespace
}  // namespace mailpipe::index
