#include "mailpipe/app/serve/imap/flag_test.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::serve {
namespace {

std::shared_ptr<const index::Snapshot> snapshot() {
    index::SnapshotBuilder builder(1, 1);
    builder.set_keywords({"Work", "Home"});
    index::Message message;
    for (std::uint8_t flags = 0; flags < 32; ++flags) {
        for (std::uint64_t keywords = 0; keywords < 4; ++keywords) {
            ++message.uid;
            message.flags = flags;
            message.keywords = keywords;
            builder.append(message);
        }
    }
    return builder.build();
}

std::size_t count(const char* query) {
    const auto all = snapshot();
    const auto test = flag_test_of(*email::parse_search(query), *all);
    EXPECT_TRUE(test) << query;
    std::size_t found = 0;
    all->for_each(
        [&](std::size_t, const index::Message& message) { found += test && test->holds(message) ? 1 : 0; });
    return found;
}

TEST(ServeImapFlagTest, Counts) {
    EXPECT_EQ(count("ALL"), 128U);
    EXPECT_EQ(count("UNSEEN"), 64U);
    EXPECT_EQ(count("SEEN UNDELETED"), 32U);
    EXPECT_EQ(count("SEEN UNSEEN"), 0U);
    EXPECT_EQ(count("KEYWORD work"), 64U);
    EXPECT_EQ(count("KEYWORD WORK UNKEYWORD Home FLAGGED"), 16U);
    EXPECT_EQ(count("KEYWORD None"), 0U);
    EXPECT_EQ(count("UNKEYWORD None ANSWERED DRAFT"), 32U);
    EXPECT_EQ(count("KEYWORD Work UNKEYWORD Work"), 0U);
}

TEST(ServeImapFlagTest, OtherSearches) {
    for (const char* query : {"NOT SEEN", "OR SEEN DELETED", "UNSEEN SUBJECT x", "UID 1", "LARGER 3"})
        EXPECT_FALSE(flag_test_of(*email::parse_search(query), *snapshot())) << query;
}

}  // namespace
}  // namespace mailpipe::app::serve
