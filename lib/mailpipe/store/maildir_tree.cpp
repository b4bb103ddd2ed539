#include "mailpipe/store/maildir_tree.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::store {
namespace {

bool is_directory(const std::string& path, bool follow) {
    struct stat info {};
    return (follow ? ::stat : ::lstat)(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_maildir(const std::string& path) {
    return is_directory(path + "/cur", true) && is_directory(path + "/new", true);
}

Result<std::vector<std::string>> names_in(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), ::closedir);
    if (!stream) return fail_errno(errno, path);
    std::vector<std::string> names;
    errno = 0;
    while (const struct dirent* entry = ::readdir(stream.get()))
        names.emplace_back(entry->d_name);
    if (errno != 0) return fail_errno(errno, path);
    std::sort(names.begin(), names.end());
    return names;
}

class Finder {
 public:
    explicit Finder(bool nested) : nested_(nested) {}

    Result<void> look(const std::string& path, const std::vector<std::string>& levels) {
        if (levels.size() > limits::kDirectoryNesting) {
            return fail(Errc::limit, path + ": directories are nested deeper than kDirectoryNesting (" +
                                         std::to_string(limits::kDirectoryNesting) + ")");
        }
        const bool here = is_maildir(path);
        if (here) found.push_back({path, levels});
        const auto names = names_in(path);
        if (!names) return tl::unexpected(names.error());
        for (const std::string& name : *names) {
            if (name == "." || name == "..") continue;
            const bool own = name == "cur" || name == "new" || name == "tmp";
            auto below = levels;
            if (here && name.starts_with('.')) {
                for (const std::string_view level : ascii::split(std::string_view(name).substr(1), '.'))
                    below.emplace_back(level);
                if (is_maildir(path + "/" + name)) found.push_back({path + "/" + name, std::move(below)});
            } else if (nested_ && is_plain_name(name) && !(here && own) &&
                       is_directory(path + "/" + name, false)) {
                below.push_back(name);
                if (auto looked = look(path + "/" + name, below); !looked) return looked;
            }
        }
        return {};
    }

    std::vector<MaildirFolder> found;

 private:
    bool nested_;
};

}  // namespace

Result<std::vector<MaildirFolder>> find_maildirs(const std::string& root, bool nested) {
    Finder finder(nested);
    if (!nested && !is_maildir(root)) {
        struct stat info {};
        if (::stat(root.c_str(), &info) != 0) return fail_errno(errno, root);
        return fail(Errc::not_found, root + ": is not a Maildir");
    }
    if (auto looked = finder.look(root, {}); !looked) return tl::unexpected(looked.error());
    std::stable_sort(finder.found.begin(), finder.found.end(),
                     [](const MaildirFolder& a, const MaildirFolder& b) { return a.levels < b.levels; });
    return std::move(finder.found);
}

}  // namespace mailpipe::store
