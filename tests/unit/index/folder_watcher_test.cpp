#include "mailpipe/index/folder_watcher.hpp"

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

using FolderWatcherTest = AccountTest;

bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) return true;
        ::usleep(10'000);
    }
    return false;
}

TEST_F(FolderWatcherTest, NoticesChanges) {
    fs::create_directories(root_ + "/new");
    fs::create_directories(root_ + "/cur");
    auto watcher = FolderWatcher::create();
    ASSERT_NE(watcher, nullptr);
    std::atomic<int> calls = 0;
    auto token = watcher->watch(root_, [&calls] { ++calls; });
    ASSERT_NE(token, nullptr);
    // What came before it watched, perhaps.
    ASSERT_TRUE(soon([&] { return calls == 1; }));
    put("new/1.a", "x");
    ASSERT_TRUE(soon([&] { return calls >= 2; }));
    const int before = calls;
    fs::rename(root_ + "/new/1.a", root_ + "/cur/1.a:2,");
    ASSERT_TRUE(soon([&] { return calls > before; }));
    auto second = watcher->watch(root_, [] {});
    token.reset();
    put("new/2.a", "x");
    std::atomic<bool> posted = false;
    watcher->post([&posted] { posted = true; });
    EXPECT_TRUE(soon([&] { return posted.load(); }));
    EXPECT_EQ(watcher->watch(root_ + "/none", [] {}), nullptr);
}

TEST_F(FolderWatcherTest, MayBeGivenUpByWhatItCalls) {
    auto watcher = FolderWatcher::create();
    std::atomic<bool> done = false;
    auto* held = new std::shared_ptr<FolderWatcher>(watcher);
    watcher->post([held, &done] {
        ::usleep(50'000);
        delete held;
        done = true;
    });
    watcher.reset();
    EXPECT_TRUE(soon([&] { return done.load(); }));
}

}  // namespace
}  // namespace mailpipe::index::test
