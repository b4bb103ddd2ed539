#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "mailpipe/base/late_libraries.hpp"
#include "tests/late/example.hpp"

namespace {

bool is_loaded() {
    void* const handle = ::dlopen(LATE_EXAMPLE, RTLD_LAZY | RTLD_NOLOAD);
    if (handle != nullptr) ::dlclose(handle);
    return handle != nullptr;
}

// Before all others.
TEST(Late, FirstCallLoads) {
    EXPECT_FALSE(is_loaded());
    EXPECT_EQ(late_contended(1), 2);
    EXPECT_TRUE(is_loaded());
}

// Each twice: the first call of a function takes another way.
TEST(Late, ArgumentsAndResultsPass) {
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(late_many(1, 2, 3, 4, 5, 6, 7, 8), 12345678);
        EXPECT_EQ(late_mixed(1, 2.0, 3, 4.0, 5.0F, 6.0, 7.0, 8.0, 9.0, 10.0), 385.0);
        EXPECT_EQ(late_variadic(3, 1.0, 2.0, 3.5), 11.5);
        const LateLarge large = late_large(40);
        EXPECT_EQ(large.values[0], 40);
        EXPECT_EQ(large.values[3], 43);
    }
}

TEST(Late, ThreadsMayAllBeFirst) {
    std::atomic<int> ready = 0;
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (++ready; ready < 8;) {
            }
            right += late_contended(i) == i + 1 ? 1 : 0;
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(right, 8);
}

TEST(Late, AddressOfAFunctionCanBeCalled) {
    int (*const function)(int) = &late_contended;
    EXPECT_EQ(function(1), 2);
}

TEST(LateDeathTest, MissingLibraryIsNamed) {
    EXPECT_EXIT(late_absent(), testing::ExitedWithCode(78),
                ": a library is missing: liblate_missing\\.so\\.1: ");
}

TEST(Late, LoadingAllSaysWhatIsMissing) {
    const auto loaded = mailpipe::load_late_libraries();
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, mailpipe::Errc::config);
    EXPECT_NE(loaded.error().message.find("liblate_missing.so.1"), std::string::npos);
    EXPECT_TRUE(is_loaded());
}

TEST(Late, LoadingAllButTheMissing) {
    EXPECT_TRUE(mailpipe::load_late_libraries({"liblate_missing.so"}));
    EXPECT_FALSE(mailpipe::load_late_libraries({"liblate_other.so"}));
}

}  // namespace
