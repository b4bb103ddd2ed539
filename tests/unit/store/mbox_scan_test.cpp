#include "mailpipe/store/mbox_scan.hpp"

#include <fcntl.h>

#include <random>

#include "mailpipe/store/file.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MboxScanTest : public StoreTest {
 protected:
    std::vector<Entry> scan(std::uint64_t part_size) {
        const Fd fd(::open(path("mbox").c_str(), O_RDONLY));
        const auto entries = scan_mbox(fd.get(), path("mbox"), part_size);
        if (!entries) throw std::runtime_error(entries.error().message);
        std::vector<Entry> found;
        for (const Entry entry : *entries)
            found.push_back(entry);
        return found;
    }

    static void expect_same(const std::vector<Entry>& found, const std::vector<Entry>& wanted) {
        ASSERT_EQ(found.size(), wanted.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].id, wanted[i].id);
            EXPECT_EQ(found[i].size, wanted[i].size) << found[i].id;
            EXPECT_EQ(found[i].received_at, wanted[i].received_at) << found[i].id;
            EXPECT_EQ(found[i].keywords, wanted[i].keywords) << found[i].id;
        }
    }
};

TEST_F(MboxScanTest, PartsSayWhatTheWholeSays) {
    const std::string pieces[] = {"From x  Mon Jan  3 10:00:00 2022\n",
                                  "From \n",
                                  "\n",
                                  ">From \n",
                                  "Status: RO\n",
                                  "\r\n",
                                  "text\n",
                                  "From NO-EOL-AT-END Tue Nov 14 22:13:20 2023\n",
                                  "Fro",
                                  "a longer line of text\n"};
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string mbox = pieces[0];
        for (std::size_t i = random() % 60; i > 0; --i)
            mbox += pieces[random() % std::size(pieces)];
        write_file(path("mbox"), mbox);
        SCOPED_TRACE(mbox);
        const std::vector<Entry> whole = scan(UINT64_MAX);
        for (const std::uint64_t part_size : {1, 7, 40, 200})
            expect_same(scan(part_size), whole);
    }
}

TEST_F(MboxScanTest, OneMessageInAllParts) {
    write_file(path("mbox"), "From x\n\n" + std::string(3'000'000, 'x') + "\nFrom y\n\ny\n");
    const std::vector<Entry> found = scan(100'000);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].id, "3000009");
}

TEST_F(MboxScanTest, WhatBeginsWithSomethingElseIsNone) {
    write_file(path("mbox"), "x\nFrom y\n\ny\n");
    const Fd fd(::open(path("mbox").c_str(), O_RDONLY));
    for (const std::uint64_t part_size : {std::uint64_t{4}, UINT64_MAX}) {
        const auto entries = scan_mbox(fd.get(), "mbox", part_size);
        ASSERT_FALSE(entries);
        EXPECT_EQ(entries.error().kind, Errc::data);
    }
}

}  // namespace
}  // namespace mailpipe::store::test
