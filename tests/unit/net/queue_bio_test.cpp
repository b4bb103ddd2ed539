#include "mailpipe/net/queue_bio.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace mailpipe::net {
namespace {

TEST(QueueBio, GivesWhatItGot) {
    BioQueues queues;
    const BioHandle bio = new_queue_bio(queues);
    ASSERT_TRUE(bio);
    std::array<char, 4> piece{};
    std::size_t count = 0;
    EXPECT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 0);
    EXPECT_TRUE(BIO_should_retry(bio.get()) && BIO_should_read(bio.get()));
    queues.in = "abcdef";
    ASSERT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 1);
    EXPECT_EQ(std::string(piece.data(), count), "abcd");
    queues.in += "g";
    ASSERT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 1);
    EXPECT_EQ(std::string(piece.data(), count), "efg");
    EXPECT_EQ(BIO_read_ex(bio.get(), piece.data(), piece.size(), &count), 0);
    EXPECT_EQ(queues.begin, 0U);
}

TEST(QueueBio, KeepsWhatIsWritten) {
    BioQueues queues;
    const BioHandle bio = new_queue_bio(queues);
    ASSERT_TRUE(bio);
    std::size_t count = 0;
    ASSERT_EQ(BIO_write_ex(bio.get(), "abc", 3, &count), 1);
    EXPECT_EQ(count, 3U);
    ASSERT_EQ(BIO_write_ex(bio.get(), "def", 3, &count), 1);
    EXPECT_EQ(BIO_flush(bio.get()), 1);
    EXPECT_EQ(queues.out, "abcdef");
    EXPECT_EQ(BIO_read_ex(bio.get(), queues.out.data(), 1, &count), 0);
}

}  // namespace
}  // namespace mailpipe::net
