#include "mailpipe/app/serve/delivery/quota.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

namespace fs = std::filesystem;

class ServeQuota : public testing::Test {
 protected:
    void SetUp() override {
        for (const char* directory : {"cur", "new", "tmp", ".A.B/cur", ".A.B/new", ".A.B/tmp"})
            fs::create_directories(root + "/" + directory);
    }
    void put(const std::string& name, std::size_t size) {
        std::ofstream(root + "/" + name) << std::string(size, 'x');
    }

    const tests::ScratchDirectory scratch_;
    const std::string root = scratch_.path();
    Quota quota;
};

TEST_F(ServeQuota, CountsFoldersNewAndOld) {
    put("cur/1:2,S", 100);
    put("new/2", 200);
    put(".A.B/cur/3,S=1000,W=1010:2,S", 5);  // the name is believed
    put("tmp/4", 10'000);                    // nobody's mail yet
    EXPECT_EQ(count_octets(root).value(), 1300U);
    EXPECT_EQ(count_octets(root + "/none").value(), 0U);
    EXPECT_EQ(count_octets(root + "/new/2").value(), 200U);
}

TEST_F(ServeQuota, FitsUpToTheLimit) {
    put("cur/1", 900);
    EXPECT_TRUE(quota.fits(root, 100, 1000).value());
    EXPECT_FALSE(quota.fits(root, 101, 1000).value());
    EXPECT_TRUE(quota.fits(root, 0, 900).value());
    EXPECT_FALSE(quota.fits(root, 0, 899).value());
    EXPECT_TRUE(quota.fits(root + "/none", 1000, 1000).value());
    EXPECT_FALSE(quota.fits(root, UINT64_MAX, UINT64_MAX).value());
}

TEST_F(ServeQuota, KnowsWhatWasDeliveredAndWhatWasRemoved) {
    EXPECT_TRUE(quota.fits(root, 500, 1000).value());
    put("new/1", 500);
    quota.add(root, 500);
    EXPECT_TRUE(quota.fits(root, 500, 1000).value());
    put("new/2", 500);
    quota.add(root, 500);
    EXPECT_FALSE(quota.fits(root, 1, 1000).value());
    // Its user makes room, which counts at once.
    fs::remove(root + "/new/1");
    EXPECT_TRUE(quota.fits(root, 500, 1000).value());
}

}  // namespace
}  // namespace mailpipe::app::serve
