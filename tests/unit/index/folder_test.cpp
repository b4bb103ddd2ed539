#include "mailpipe/index/folder.hpp"

#include "tests/unit/index/index_test_support.hpp"

namespace mailpipe::index::test {
namespace {

class FolderTest : public AccountTest {
 protected:
    void open_folder() {
        fs::create_directories(root_);
        auto folder = Folder::open(root_);
        ASSERT_TRUE(folder);
        folder_ = *folder;
    }
    std::string read(const std::string& base, const std::string& letters) {
        auto file = folder_->open_message(base, letters);
        return file ? *store::read_range(file->get(), 0, 100, "x") : file.error().message;
    }
    std::shared_ptr<const Folder> folder_;
};

TEST_F(FolderTest, ShowsEachChangeHoweverSoon) {
    open_folder();
    for (int i = 0; i < 50; ++i) {
        const auto marked = folder_->mark_new();
        ASSERT_TRUE(marked);
        EXPECT_EQ(folder_->times()->new_time, *marked);
        put("new/" + std::to_string(i) + ".a", "x");
        EXPECT_NE(folder_->times()->new_time, *marked);
    }
}

TEST_F(FolderTest, FindsAMessageWhereverItIs) {
    open_folder();
    put("cur/1.a:2,S", "one");
    put("cur/2.a:2,FS", "two");
    put("new/3.a", "three");
    put("tmp/4.a", "four");
    put("cur/5.a", "five");
    EXPECT_EQ(read("1.a", "S"), "one");
    EXPECT_EQ(read("2.a", "S"), "two");
    EXPECT_EQ(read("3.a", ""), "three");
    EXPECT_EQ(read("4.a", ""), "four");
    EXPECT_EQ(read("5.a", "S"), "five");
    EXPECT_EQ(folder_->open_message("6.a", "").error().kind, Errc::not_found);
    fs::create_symlink("/etc/passwd", root_ + "/cur/7.a:2,");
    EXPECT_FALSE(folder_->open_message("7.a", ""));
    EXPECT_EQ(*folder_->names_in_new(), (std::vector<std::string>{"3.a"}));
}

TEST_F(FolderTest, RenamesAndRemoves) {
    open_folder();
    put("cur/1.a:2,S", "one");
    put("new/2.a", "two");
    EXPECT_TRUE(*folder_->rename("1.a", "S", "FS"));
    EXPECT_FALSE(*folder_->rename("1.a", "S", "FS"));
    EXPECT_TRUE(*folder_->adopt("new/2.a", "2.a", "T"));
    EXPECT_FALSE(*folder_->adopt("new/2.a", "2.a", "T"));
    EXPECT_EQ(names("cur"), (std::vector<std::string>{"1.a:2,FS", "2.a:2,T"}));
    EXPECT_TRUE(folder_->remove("1.a", "R"));
    EXPECT_FALSE(folder_->remove("1.a", "R"));
}

TEST_F(FolderTest, LinksOrCopies) {
    open_folder();
    put("cur/1.a:2,S", "one");
    fs::create_directories(directory_ + "/other");
    auto other = Folder::open(directory_ + "/other");
    ASSERT_TRUE(folder_->link_to_tmp("1.a", "S", **other, "9.b"));
    EXPECT_EQ(fs::hard_link_count(directory_ + "/other/tmp/9.b"), 2U);
    ASSERT_TRUE(folder_->link_to_tmp("1.a", "", **other, "8.b"));
    EXPECT_EQ(fs::file_size(directory_ + "/other/tmp/8.b"), 3U);
    EXPECT_EQ(folder_->link_to_tmp("2.a", "", **other, "7.b").error().kind, Errc::not_found);
}

}  // namespace
}  // namespace mailpipe::index::test
