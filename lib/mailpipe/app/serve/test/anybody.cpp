#include "mailpipe/app/serve/test/anybody.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kMark = "%u";

std::string_view local_part(std::string_view address) {
    return address.substr(0, address.rfind('@'));
}

}  // namespace

std::string mailbox_name(std::string_view address) {
    std::string name;
    for (const char c : ascii::to_lower(address)) {
        const bool plain = !ascii::is_control(c) && c != ' ' && c != '/' && c != '%' && c != ':';
        if (plain && !(c == '.' && name.empty())) {
            name += c;
        } else {
            name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return name;
}

std::vector<std::string> mailboxes_of(const StoreLayout& store) {
    std::vector<std::string> found;
    const std::string_view pattern = store.pattern;
    const std::size_t mark = pattern.find(kMark);
    if (mark == std::string_view::npos) return found;
    const std::size_t begin = pattern.rfind('/', mark) + 1;
    const std::size_t end = std::min(pattern.find('/', mark), pattern.size());
    const std::string_view before = pattern.substr(begin, mark - begin);
    const std::string_view after = pattern.substr(mark + kMark.size(), end - mark - kMark.size());
    std::error_code error;
    for (std::filesystem::directory_iterator at(store.root, error), none; !error && at != none;
         at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
            continue;
        const std::string user = name.substr(before.size(), name.size() - before.size() - after.size());
        if (std::filesystem::is_directory(store.path_of(user) + "/new", error)) found.push_back(user);
        error.clear();
    }
    std::sort(found.begin(), found.end());
    return found;
}

Anybody::Anybody(const StoreLayout& store) {
    for (std::string& name : mailboxes_of(store))
        order_.push_back(&keep(std::move(name)));
}

const std::string& Anybody::keep(std::string name) {
    return *names_.insert(std::move(name)).first;
}

const std::string& Anybody::of_recipient(const smtp::Mailbox& recipient) {
    std::string name = mailbox_name(recipient.encode());
    const std::lock_guard lock(mutex_);
    const std::string& kept = keep(std::move(name));
    if (std::find(order_.begin(), order_.end(), &kept) == order_.end()) order_.push_back(&kept);
    return kept;
}

const std::string& Anybody::of_login(std::string_view name) {
    std::string wanted = mailbox_name(name);
    const std::lock_guard lock(mutex_);
    if (wanted.find('@') != std::string::npos) return keep(std::move(wanted));
    const auto found = std::find_if(order_.begin(), order_.end(),
                                    [&wanted](const std::string* one) { return local_part(*one) == wanted; });
    return found == order_.end() ? keep(std::move(wanted)) : **found;
}

}  // namespace mailpipe::app::serve
