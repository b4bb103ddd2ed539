#include "mailpipe/app/local_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class LocalStoreTest : public ::testing::TestWithParam<const char*> {
 protected:
    LocalStoreTest() { location_ = *parse_location(std::string(GetParam()) + ":" + directory_ + "/box"); }

    void deliver(const std::string& text, const store::Keywords& keywords) {
        auto writer = *store::open_writer(store_format(location_), location_.path);
        ASSERT_TRUE(writer->begin());
        ASSERT_TRUE(writer->append(text));
        ASSERT_TRUE(writer->finish(keywords, 1'000'000'000));
        ASSERT_TRUE(writer->make_durable());
        ASSERT_TRUE(writer->publish());
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
    Location location_;
};

TEST_P(LocalStoreTest, RefsFindTheirMessages) {
    deliver("Subject: first\r\n\r\none\r\n", {});
    deliver("Subject: second\r\n\r\ntwo\r\n", {"$seen"});
    auto store = LocalStore::open(location_);
    ASSERT_TRUE(store) << store.error().message;
    const auto entries = store->reader().list();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2U);
    for (const store::Entry entry : *entries) {
        const email::Context context = store->context_of(entry);
        EXPECT_EQ(context.ref, ref_in_store(location_, entry.id));
        EXPECT_EQ(context.keywords, entry.keywords);
        EXPECT_EQ(context.received_at, entry.received_at);
        const auto ref = parse_location(context.ref);
        ASSERT_TRUE(ref) << context.ref;
        EXPECT_EQ(container(*ref), location_);
        const auto found = store->find(*ref);
        ASSERT_TRUE(found);
        ASSERT_TRUE(*found);
        EXPECT_EQ((*found)->id, entry.id);
    }
}

TEST_P(LocalStoreTest, NothingIsFoundByAnotherRef) {
    deliver("Subject: first\r\n\r\none\r\n", {});
    auto store = LocalStore::open(location_);
    ASSERT_TRUE(store) << store.error().message;
    const auto found = store->find(*parse_location(ref_in_store(location_, "999")));
    ASSERT_TRUE(found);
    EXPECT_FALSE(*found);
}

TEST_P(LocalStoreTest, NothingIsCreated) {
    const auto store = LocalStore::open(location_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, Errc::not_found);
    EXPECT_FALSE(std::filesystem::exists(location_.path));
}

INSTANTIATE_TEST_SUITE_P(Stores, LocalStoreTest, ::testing::Values("maildir", "mbox"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace mailpipe::app
