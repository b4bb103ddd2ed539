#include "mailpipe/app/fetch/key_table.hpp"

#include <gtest/gtest.h>

#include <unordered_map>

namespace mailpipe::app {
namespace {

TEST(FetchKeyTableTest, Empty) {
    KeyTable table;
    EXPECT_EQ(table.size(), 0U);
    EXPECT_FALSE(table.contains(""));
    EXPECT_FALSE(table.contains("a"));
    table.for_each([](KeyTable::Id) { FAIL(); });
}

TEST(FetchKeyTableTest, EachKeyOnceWithItsValue) {
    KeyTable table;
    const auto a = table.add("a");
    const auto empty = table.add("");
    const std::string octets("a\0b", 3);
    const auto nul = table.add(octets);
    EXPECT_EQ(table.add("a"), a);
    EXPECT_EQ(table.size(), 3U);
    EXPECT_EQ(table.value(a), 0);
    table.set_value(a, 255);
    table.set_value(nul, 2);
    EXPECT_EQ(table.value(*table.find("a")), 255);
    EXPECT_EQ(table.value(*table.find("")), 0);
    EXPECT_EQ(table.value(*table.find(octets)), 2);
    EXPECT_EQ(table.key(a), "a");
    EXPECT_EQ(table.key(empty), "");
    EXPECT_EQ(table.key(nul), octets);
    table.clear();
    EXPECT_EQ(table.size(), 0U);
    EXPECT_FALSE(table.contains("a"));
    table.add("b");
    EXPECT_TRUE(table.contains("b"));
}

TEST(FetchKeyTableTest, ManyKeysOfManyLengths) {
    KeyTable table;
    std::unordered_map<std::string, KeyTable::Id> expected;
    std::string order;
    for (int i = 0; i < 20'000; ++i) {
        const std::string key = std::to_string(i) + std::string(static_cast<std::size_t>(i % 700), 'x');
        expected[key] = table.add(key);
        if (i % 1000 == 0) order += key + "\n";
    }
    ASSERT_EQ(table.size(), expected.size());
    for (const auto& [key, id] : expected) {
        EXPECT_EQ(table.find(key), id);
        EXPECT_EQ(table.key(id), key);
        EXPECT_FALSE(table.contains(key + "y"));
    }
    std::string seen;
    std::size_t count = 0;
    table.for_each([&](KeyTable::Id id) {
        if (count++ % 1000 == 0) seen += std::string(table.key(id)) + "\n";
    });
    EXPECT_EQ(count, expected.size());
    EXPECT_EQ(seen, order);
}

}  // namespace
}  // namespace mailpipe::app
