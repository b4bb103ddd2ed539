#include "mailpipe/net/queue_bio.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace mailpipe::net {
namespace {

TEST(QueueBio, GivesWhatItGot) {
    const BioHandle bio = new_queue_bio();
    ASSERT_TRUE(bio);
    std::array<char, 4> piece{};
    std::size_t count = 0;
    EXPECT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 0);
    EXPECT_TRUE(BIO_should_retry(bio.get()) && BIO_should_read(bio.get()));
    ASSERT_EQ(BIO_write_ex(bio.get(), "abcdef", 6, &count), 1);
    EXPECT_EQ(count, 6U);
    EXPECT_EQ(BIO_ctrl_pending(bio.get()), 6U);
    ASSERT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 1);
    EXPECT_EQ(std::string(piece.data(), count), "abcd");
    ASSERT_EQ(BIO_write_ex(bio.get(), "g", 1, &count), 1);
    EXPECT_EQ(BIO_ctrl_pending(bio.get()), 3U);
    ASSERT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 1);
    EXPECT_EQ(std::string(piece.data(), count), "efg");
    EXPECT_EQ(BIO_ctrl_pending(bio.get()), 0U);
    EXPECT_EQ(BIO_flush(bio.get()), 1);
}

}  // namespace
}  // namespace mailpipe::net
