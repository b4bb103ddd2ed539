#include "mailpipe/app/serve/sandbox/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {
namespace {

// Those of later versions are missing in the headers of older systems.
constexpr std::uint64_t kTruncate = 1U << 14;     // version 3
constexpr std::uint64_t kIoctlDevice = 1U << 15;  // version 5
constexpr std::uint64_t kVersion2 = (LANDLOCK_ACCESS_FS_REFER << 1U) - 1;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

Result<void> allow(int ruleset, const std::string& path, std::uint64_t access) {
    const store::Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!place || ::fstat(place.get(), &status) != 0) return {};
    landlock_path_beneath_attr rule{};
    rule.parent_fd = place.get();
    rule.allowed_access = S_ISDIR(status.st_mode) ? access : access & kOfFiles;
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
    return fail_errno(errno, "landlock: " + path);
}

Result<void> allow_all(int ruleset, const std::vector<std::string>& paths, std::uint64_t access) {
    for (const auto& path : paths) {
        if (auto allowed = allow(ruleset, path, access); !allowed) return allowed;
    }
    return {};
}

}  // namespace

int landlock_version() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version >= 2 ? static_cast<int>(version) : 0;
}

Result<void> confine_to(const Reach& reach) {
    const int version = landlock_version();
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs =
        kVersion2 | (version >= 3 ? kTruncate : 0) | (version >= 5 ? kIoctlDevice : 0);
    const std::uint64_t handled = attributes.handled_access_fs;
    const store::Fd ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0)));
    if (!ruleset) return fail_errno(errno, "landlock");
    if (auto allowed = allow_all(ruleset.get(), reach.write, kWrite & handled); !allowed) return allowed;
    if (auto allowed = allow_all(ruleset.get(), reach.read, kRead & handled); !allowed) return allowed;
    if (auto allowed = allow_all(ruleset.get(), reach.remove, LANDLOCK_ACCESS_FS_REMOVE_FILE); !allowed)
        return allowed;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "no_new_privs");
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return fail_errno(errno, "landlock");
    return {};
}

}  // namespace mailpipe::app::serve
