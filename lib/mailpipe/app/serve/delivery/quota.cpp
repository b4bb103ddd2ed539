#include "mailpipe/app/serve/delivery/quota.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/directory.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir_tree.hpp"

namespace mailpipe::app::serve {
namespace {

// What ",S=" says (Maildir++), so that a Maildir is counted by its names.
std::optional<std::uint64_t> size_in_name(std::string_view name) {
    const std::size_t at = name.find(",S=");
    if (at == std::string_view::npos) return std::nullopt;
    name.remove_prefix(at + 3);
    return ascii::parse_number(name.substr(0, name.find_first_of(",:")));
}

Result<void> count_directory(const std::string& path, std::uint64_t& octets) {
    const store::Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return errno == ENOENT ? Result<void>() : fail_errno(errno, path);
    return store::for_each_name(directory.get(), path, [&](const char* name) {
        if (name[0] == '.') return;
        struct stat status {};
        if (const auto size = size_in_name(name)) {
            octets += *size;
        } else if (::fstatat(directory.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            octets += static_cast<std::uint64_t>(status.st_size);
        }
    });
}

}  // namespace

Result<std::uint64_t> count_octets(const std::string& mailbox) {
    std::uint64_t octets = 0;
    struct stat status {};
    if (::stat(mailbox.c_str(), &status) != 0)
        return errno == ENOENT ? Result<std::uint64_t>(0) : fail_errno(errno, mailbox);
    if (S_ISREG(status.st_mode)) return static_cast<std::uint64_t>(status.st_size);
    const auto folders = store::find_maildirs(mailbox, false);
    if (!folders && folders.error().kind == Errc::not_found) return octets;
    if (!folders) return tl::unexpected(folders.error());
    for (const store::MaildirFolder& folder : *folders) {
        for (const char* part : {"/cur", "/new"}) {
            if (auto counted = count_directory(folder.path + part, octets); !counted)
                return tl::unexpected(counted.error());
        }
    }
    return octets;
}

Result<bool> Quota::fits(const std::string& mailbox, std::uint64_t octets, std::uint64_t limit) {
    const auto now = std::chrono::steady_clock::now();
    const auto fits_beside = [limit, octets](std::uint64_t used) {
        return used <= limit && octets <= limit - used;
    };
    {
        const std::lock_guard lock(mutex_);
        const auto known = usages_.find(mailbox);
        if (known != usages_.end() && now - known->second.counted < kFresh && fits_beside(known->second.octets))
            return true;
    }
    const auto counted = count_octets(mailbox);
    if (!counted) return tl::unexpected(counted.error());
    const std::lock_guard lock(mutex_);
    usages_[mailbox] = {*counted, now};
    return fits_beside(*counted);
}

void Quota::add(const std::string& mailbox, std::uint64_t octets) {
    const std::lock_guard lock(mutex_);
    const auto known = usages_.find(mailbox);
    if (known != usages_.end()) known->second.octets += octets;
}

std::optional<smtp::Reply> quota_refusal(Quota& quota, const Config& config,
                                         const std::vector<std::string>& users, std::uint64_t octets) {
    for (const std::string& user : users) {
        const auto fits = quota.fits(config.store.path_of(user), octets, config.delivery.quota);
        if (!fits) return smtp::reply_for(fits.error());
        if (*fits) continue;
        // Not whose it is: of an alias, strangers would learn where it leads.
        const std::string text = "The mailbox has no room for it";
        return config.delivery.over_quota_fails ? smtp::Reply{552, "5.2.2", {text}}
                                                : smtp::Reply{452, "4.2.2", {text}};
    }
    return std::nullopt;
}

}  // namespace mailpipe::app::serve
