#include "mailpipe/app/serve/privileges.hpp"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

class ServePrivileges : public testing::Test {
 protected:
    const tests::ScratchDirectory scratch_;
    const std::string root = scratch_.path();
};

uid_t owner(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_uid;
}

TEST_F(ServePrivileges, Lookup) {
    for (const char* name : {"no-such-user-here", "", "root"}) {
        const auto refused = find_run_as(name);
        ASSERT_FALSE(refused.has_value()) << name;
        EXPECT_EQ(refused.error().kind, Errc::usage);
        EXPECT_EQ(refused.error().message.find("--run-as"), 0U) << refused.error().message;
    }
    const auto other = find_run_as("nobody");
    if (::geteuid() == 0) {
        ASSERT_TRUE(other.has_value()) << other.error().message;
        EXPECT_TRUE(other->changes);
        return;
    }
    const passwd* self = ::getpwuid(::geteuid());
    if (self == nullptr || self->pw_name == std::string("nobody")) GTEST_SKIP() << "run by nobody";
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().kind, Errc::auth);
    const auto same = find_run_as(self->pw_name);
    ASSERT_TRUE(same.has_value()) << same.error().message;
    EXPECT_FALSE(same->changes);
    EXPECT_TRUE(drop_privileges(*same).has_value());
}

TEST_F(ServePrivileges, MissingDirectories) {
    EXPECT_TRUE(missing_directories(root).empty());
    EXPECT_TRUE(missing_directories("/").empty());
    EXPECT_EQ(missing_directories(root + "/a/b"), (std::vector<std::string>{root + "/a", root + "/a/b"}));
}

TEST_F(ServePrivileges, OnlyOwnDirectoriesAreGivenAway) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
    const auto nobody = find_run_as("nobody");
    ASSERT_TRUE(nobody.has_value()) << nobody.error().message;
    std::filesystem::create_directories(root + "/a/b");
    std::filesystem::create_directory(root + "/kept");
    std::filesystem::create_directory_symlink(root + "/kept", root + "/link");
    ASSERT_TRUE(give_directories({root + "/a", root + "/a/b"}, *nobody).has_value());
    EXPECT_EQ(owner(root + "/a"), nobody->uid);
    EXPECT_EQ(owner(root + "/a/b"), nobody->uid);
    for (const char* name : {"/link", "/a", "/missing"}) {
        const auto refused = give_directories({root + name}, *nobody);
        ASSERT_FALSE(refused.has_value()) << name;
        EXPECT_EQ(refused.error().kind, Errc::cannot_create) << refused.error().message;
    }
    EXPECT_EQ(owner(root + "/kept"), 0U);
}

TEST_F(ServePrivileges, DroppedForGood) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root has privileges to drop";
    const auto nobody = find_run_as("nobody");
    ASSERT_TRUE(nobody.has_value()) << nobody.error().message;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (!drop_privileges(*nobody)) ::_exit(1);
        if (::getuid() != nobody->uid || ::geteuid() != nobody->uid || ::getegid() != nobody->gid) ::_exit(2);
        if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0) ::_exit(3);
        if (::access("/root/x", F_OK) == 0 || errno != EACCES) ::_exit(4);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace mailpipe::app::serve
