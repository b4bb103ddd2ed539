#include "mailpipe/app/serve/privileges.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kRecord = 16 * 1024;  // of the user database

Fail refuse(int error_number, const RunAs& user, std::string_view step) {
    return fail(Errc::auth, "--run-as " + user.name + ": " + std::string(step) + ": " +
                                std::generic_category().message(error_number));
}

bool is_only(const RunAs& user) {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    gid_t real_group = 0;
    gid_t effective_group = 0;
    gid_t saved_group = 0;
    if (::getresuid(&real, &effective, &saved) != 0) return false;
    if (::getresgid(&real_group, &effective_group, &saved_group) != 0) return false;
    return real == user.uid && effective == user.uid && saved == user.uid && real_group == user.gid &&
           effective_group == user.gid && saved_group == user.gid;
}

}  // namespace

Result<RunAs> find_run_as(const std::string& name) {
    passwd record{};
    passwd* found = nullptr;
    std::string memory(kRecord, '\0');
    const int error = ::getpwnam_r(name.c_str(), &record, memory.data(), memory.size(), &found);
    if (found == nullptr) {
        return fail(Errc::usage, "--run-as " + name + ": " +
                                     (error == 0 ? "no such user" : std::generic_category().message(error)));
    }
    RunAs user{name, record.pw_uid, record.pw_gid, record.pw_uid != ::geteuid()};
    if (user.uid == 0) return fail(Errc::usage, "--run-as " + name + ": root keeps all privileges");
    if (user.changes && ::geteuid() != 0) {
        return fail(Errc::auth, "--run-as " + name + ": only root can become another user");
    }
    return user;
}

std::vector<std::string> missing_directories(const std::string& path) {
    std::vector<std::string> missing;
    for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        std::string prefix = path.substr(0, at);
        struct stat info {};
        if (::lstat(prefix.c_str(), &info) != 0) missing.push_back(std::move(prefix));
        if (at == std::string::npos) return missing;
    }
}

Result<void> give_directories(const std::vector<std::string>& paths, const RunAs& user) {
    for (const auto& path : paths) {
        // A symbolic link or somebody's own directory in its place is not what was made here.
        const store::Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        struct stat info {};
        if (!directory || ::fstat(directory.get(), &info) != 0) return fail_errno(errno, path, true);
        if (info.st_uid != ::geteuid()) return fail(Errc::cannot_create, path + ": made by another user");
        if (::fchown(directory.get(), user.uid, user.gid) != 0) return fail_errno(errno, path, true);
    }
    return {};
}

Result<void> drop_privileges(const RunAs& user) {
    if (!user.changes) return {};
    // In this order: without the user's privileges the groups could not be changed any more. glibc changes all
    // threads.
    if (::initgroups(user.name.c_str(), user.gid) != 0) return refuse(errno, user, "initgroups");
    if (::setgid(user.gid) != 0) return refuse(errno, user, "setgid");
    if (::setuid(user.uid) != 0) return refuse(errno, user, "setuid");
    // Of capabilities kept over setuid, CAP_SETUID would give everything back.
    const bool regained = ::setuid(0) == 0 || ::seteuid(0) == 0 || (user.gid != 0 && ::setgid(0) == 0);
    if (regained || !is_only(user)) {
        return fail(Errc::auth, "--run-as " + user.name + ": root's privileges could be regained");
    }
    return {};
}

}  // namespace mailpipe::app::serve
