#include "mailpipe/base/secret.hpp"

#include <gtest/gtest.h>

#include <new>
#include <utility>

namespace mailpipe {
namespace {

TEST(Secret, Equals) {
    const Secret secret("hush");
    EXPECT_TRUE(secret.equals("hush"));
    for (const char* other : {"", "hus", "hushh", "hushhush", "HUSH"})
        EXPECT_FALSE(secret.equals(other)) << other;
    EXPECT_TRUE(Secret().equals(""));
    EXPECT_FALSE(Secret().equals("x"));
    EXPECT_FALSE(Secret().equals(std::string_view("\0", 1)));
}

TEST(Secret, MovedFromIsEmpty) {
    Secret a("hush");
    Secret b(std::move(a));
    EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(b.reveal(), "hush");
    Secret c("other");
    c = std::move(b);
    EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(c.reveal(), "hush");
    Secret& same = c;
    c = std::move(same);
    EXPECT_EQ(c.reveal(), "hush");
}

TEST(Secret, WipeOverwrites) {
    char memory[] = "hush";
    wipe(memory, 4);
    for (const char c : memory)
        EXPECT_EQ(c, '\0');
    std::string text = "hush";
    wipe(text);
    EXPECT_TRUE(text.empty());
}

// A short secret lives inside of the object: the destructor must leave nothing there.
TEST(Secret, DestructorWipes) {
    alignas(Secret) unsigned char place[sizeof(Secret)];
    auto* secret = new (place) Secret("hush");
    const char* octets = secret->reveal().data();
    const bool inside =
        octets >= reinterpret_cast<char*>(place) && octets < reinterpret_cast<char*>(place) + sizeof place;
    ASSERT_TRUE(inside);
    const auto offset = static_cast<std::size_t>(octets - reinterpret_cast<char*>(place));
    secret->~Secret();
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(*const_cast<volatile unsigned char*>(place + offset + i), 0);
    }
}

}  // namespace
}  // namespace mailpipe
