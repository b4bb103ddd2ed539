#include "mailpipe/store/maildir_index.hpp"

#include <fcntl.h>

#include <algorithm>
#include <random>

#include "mailpipe/store/maildir_name.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MaildirIndexTest : public StoreTest {
 protected:
    MaildirIndexTest() {
        for (const char* name : {"new", "cur"})
            std::filesystem::create_directory(path(name));
    }

    std::shared_ptr<const MaildirIndex> scan() {
        std::array<Fd, 2> directories;
        for (const MaildirPlace place : {kNew, kCur}) {
            directories[place] =
                Fd(::open(path(place == kNew ? "new" : "cur").c_str(), O_RDONLY | O_DIRECTORY));
        }
        return *MaildirIndex::scan(directories, path(""));
    }

    static std::vector<std::string> ids(const MaildirIndex& index) {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < index.size(); ++i)
            out.push_back(index.entry(i).id);
        return out;
    }
};

TEST_F(MaildirIndexTest, OrdersByArrivalWhateverTheNames) {
    const std::vector<std::string> in_order = {
        "letter",
        "999.M1P1.h",
        "1000.M5P1Q9.h",
        "1000.M5P1Q10.h",
        "1000.M999999P1.h",
        "1000.M1000000P1.h",
        // More microseconds than a second has, and more seconds than there will be.
        "1000.M9999999999999P1.h",
        "1001.M0P1.h",
        "17592186044416.M2P1.h",
        "18446744073709551615.M1P1.h",
    };
    for (std::size_t i = 0; i < in_order.size(); ++i)
        write_file(path((i % 2 == 0 ? "new/" : "cur/") + in_order[i]), "");
    const auto index = scan();
    EXPECT_EQ(ids(*index), in_order);
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        EXPECT_EQ(index->find(in_order[i]), i);
        EXPECT_EQ(index->file(i).name, in_order[i]);
        EXPECT_EQ(index->file(i).place, i % 2 == 0 ? kNew : kCur);
    }
    for (const char* id : {"", "letters", "998.M1P1.h", "1000.M5P1Q11.h", "18446744073709551615.M2P1.h"})
        EXPECT_EQ(index->find(id), std::nullopt) << id;
}

TEST_F(MaildirIndexTest, CountsWhatIsInBothPlacesOnceInCur) {
    write_file(path("new/1000.M1P1.h"), "");
    write_file(path("cur/1000.M1P1.h:2,S"), "");
    const auto index = scan();
    ASSERT_EQ(index->size(), 1U);
    EXPECT_EQ(index->file(0).place, kCur);
    EXPECT_EQ(index->entry(0).keywords, Keywords{"$seen"});
}

TEST_F(MaildirIndexTest, EntriesAreCopiedWithoutTheirTable) {
    write_file(path("cur/1000.M1P1.h,S=10,W=12:2,FS"), "");
    const Entries entries(scan());
    const Entries copy = entries;
    std::filesystem::remove(path("cur/1000.M1P1.h,S=10,W=12:2,FS"));
    ASSERT_EQ(copy.size(), 1U);
    EXPECT_FALSE(copy.empty());
    for (const Entry entry : copy) {
        EXPECT_EQ(entry.id, "1000.M1P1.h,S=10,W=12");
        EXPECT_EQ(entry.size, 12U);
        EXPECT_EQ(entry.received_at, std::nullopt);
        EXPECT_TRUE(entries.find(entry.id));
    }
    EXPECT_FALSE(entries.find("1000.M1P1.h"));
}

// The names are sorted by digits, and only those that are alike in these by comparison.
TEST_F(MaildirIndexTest, OrdersManyNamesAsTheirKeysDo) {
    std::mt19937_64 random(3);
    std::vector<std::string> wanted;
    for (int i = 0; i < 3000; ++i) {
        const std::uint64_t seconds = i % 7 == 0 ? random() >> (random() % 64) : 1'700'000'000 + random() % 50;
        std::string name = std::to_string(seconds) + ".M" + std::to_string(random() % 20 * 50'000) + "P1Q" +
                           std::to_string(random() % 12) + "." + std::to_string(i);
        write_file(path("cur/" + name), "");
        wanted.push_back(std::move(name));
    }
    std::sort(wanted.begin(), wanted.end(),
              [](const std::string& a, const std::string& b) { return arrival_key(a) < arrival_key(b); });
    const auto index = scan();
    EXPECT_EQ(ids(*index), wanted);
    Entry entry;
    for (std::size_t i = 0; i < index->size(); ++i) {
        ASSERT_EQ(index->find(wanted[i]), i);
        ASSERT_EQ(index->name(i), wanted[i]);
        ASSERT_EQ(index->name(i).data()[wanted[i].size()], '\0');
        index->get(i, entry);
        ASSERT_EQ(entry.id, wanted[i]);
        ASSERT_EQ(entry.row, i);
    }
}

TEST_F(MaildirIndexTest, NothingOfAnEntryIsLeftInTheNextOne) {
    write_file(path("cur/1000.M1P1.h,S=10,W=12:2,FS"), "");
    write_file(path("cur/1001.M1P1.h:2,"), "");
    const auto index = scan();
    Entry entry{"x", {"y"}, 5, 7, 9};
    index->get(0, entry);
    EXPECT_EQ(entry.keywords, (Keywords{"$flagged", "$seen"}));
    EXPECT_EQ(entry.size, 12U);
    index->get(1, entry);
    EXPECT_EQ(entry.id, "1001.M1P1.h");
    EXPECT_TRUE(entry.keywords.empty());
    EXPECT_EQ(entry.size, std::nullopt);
    EXPECT_EQ(entry.received_at, std::nullopt);
}

}  // namespace
}  // namespace mailpipe::store::test
