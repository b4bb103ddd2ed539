#include "mailpipe/store/maildir_tree.hpp"

#include "mailpipe/base/limits.hpp"
#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class MaildirTreeTest : public StoreTest {
 protected:
    void make(const std::string& name) const {
        for (const char* sub : {"/new", "/cur", "/tmp"})
            std::filesystem::create_directories(path(name) + sub);
    }

    // "level/level" of each.
    std::vector<std::string> found(const std::string& name, bool nested) const {
        const auto folders = find_maildirs(path(name), nested);
        if (!folders) return {"error: " + folders.error().message};
        std::vector<std::string> names;
        for (const MaildirFolder& folder : *folders) {
            std::string joined;
            for (const std::string& level : folder.levels)
                joined += "/" + level;
            names.push_back(joined);
        }
        return names;
    }
    using Names = std::vector<std::string>;
};

TEST_F(MaildirTreeTest, Folders) {
    make("box");
    make("box/.Sent");
    make("box/.Lists.dev");
    make("box/nested");
    std::filesystem::create_directories(path("box/.no-maildir"));
    write_file(path("box/.file"), "");
    EXPECT_EQ(found("box", false), (Names{"", "/Lists/dev", "/Sent"}));
    EXPECT_EQ(found("box", true), (Names{"", "/Lists/dev", "/Sent", "/nested"}));
}

TEST_F(MaildirTreeTest, NestedDirectories) {
    make("mail/a/b");
    make("mail/a/b/.x");
    make("mail/c");
    make("mail/.hidden");
    EXPECT_EQ(found("mail", true), (Names{"/a/b", "/a/b/x", "/c"}));
    EXPECT_NE(found("mail", false).at(0).find("is not a Maildir"), std::string::npos);
    EXPECT_EQ(find_maildirs(path("nothing"), true).error().kind, Errc::not_found);
    EXPECT_EQ(find_maildirs(path("nothing"), false).error().kind, Errc::not_found);
}

TEST_F(MaildirTreeTest, LoopsAndDepthEnd) {
    make("mail/a");
    std::filesystem::create_directory_symlink(path("mail"), path("mail/a/loop"));
    std::filesystem::create_directory_symlink(path("mail/a"), path("mail/a/.folder"));
    EXPECT_EQ(found("mail", true), (Names{"/a", "/a/folder"}));
    std::string deep = "deep";
    for (std::size_t i = 0; i <= limits::kDirectoryNesting; ++i)
        deep += "/d";
    std::filesystem::create_directories(path(deep));
    const auto folders = find_maildirs(path("deep"), true);
    ASSERT_FALSE(folders.has_value());
    EXPECT_EQ(folders.error().kind, Errc::limit);
    EXPECT_NE(folders.error().message.find("kDirectoryNesting"), std::string::npos);
}

}  // namespace
}  // namespace mailpipe::store::test
