#include "mailpipe/app/serve/pop3/maildrop.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "mailpipe/app/serve/pop3/former_uidls.hpp"
#include "mailpipe/app/sha256.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app::serve {
namespace {

Result<std::unique_ptr<store::MailboxReader>> open_reader(const std::string& path) {
    auto reader = store::open_reader(store::Format::maildir, path);
    if (reader || reader.error().kind != Errc::not_found) return reader;
    // A user who has got no mail yet.
    if (auto made = store::open_writer(store::Format::maildir, path); !made)
        return tl::unexpected(made.error());
    return store::open_reader(store::Format::maildir, path);
}

Result<store::Fd> lock_exclusively(const std::string& path) {
    store::Fd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) return fail_errno(errno, path);
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(Errc::unavailable, path + ": another session has the maildrop");
        if (errno != EINTR) return fail_errno(errno, path);
    }
    return lock;
}

}  // namespace

bool is_uidl(std::string_view text) {
    return !text.empty() && text.size() <= limits::kUidl &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string uidl_of(std::string_view id) {
    return is_uidl(id) ? std::string(id) : sha256_hex(id);
}

Result<std::shared_ptr<Maildrop>> Maildrop::open(const std::string& path, const MaildropOptions& options) {
    auto reader = open_reader(path);
    if (!reader) return tl::unexpected(reader.error());
    auto lock = lock_exclusively(path);
    if (!lock) return tl::unexpected(lock.error());
    auto entries = (*reader)->list();
    if (!entries) return tl::unexpected(entries.error());
    auto former = options.keep_former_uidls ? read_former_messages(path) : FormerMessages{};
    if (!former) return tl::unexpected(former.error());
    std::shared_ptr<Maildrop> maildrop(new Maildrop(std::move(*lock), std::move(*reader)));
    maildrop->messages_.reserve(entries->size());
    std::unordered_set<std::string> given;  // former UIDLs: a file that is wrong must not make two messages one
    for (store::Entry entry : *entries) {
        const auto known = former->find(entry.id);
        const bool keeps = known != former->end() && given.insert(known->second.uidl).second;
        if (keeps && !entry.size) entry.size = known->second.size;
        auto size = maildrop->reader_->size(entry);
        if (!size && size.error().kind == Errc::not_found) continue;  // gone since the listing
        if (!size) return tl::unexpected(size.error());
        maildrop->messages_.push_back({entry.id, keeps ? known->second.uidl : uidl_of(entry.id), *size});
    }
    if (options.expired_before) {
        if (auto apart = maildrop->set_expired_apart(*options.expired_before); !apart)
            return tl::unexpected(apart.error());
    }
    return maildrop;
}

Result<void> Maildrop::set_expired_apart(std::time_t before) {
    std::vector<MaildropMessage> kept;
    for (MaildropMessage& message : messages_) {
        auto reader = reader_->open(message.id);
        if (!reader && reader.error().kind == Errc::not_found) continue;
        if (!reader) return tl::unexpected(reader.error());
        const auto received = (*reader)->received_at();
        (received && *received < before ? expired_ : kept).push_back(std::move(message));
    }
    messages_ = std::move(kept);
    return {};
}

Result<void> Maildrop::remove_expired() {
    std::vector<std::string> ids;
    for (const MaildropMessage& message : expired_)
        ids.push_back(message.id);
    return ids.empty() ? Result<void>{} : reader_->remove(ids);
}

Result<std::unique_ptr<store::MessageReader>> Maildrop::read(std::size_t index) {
    return reader_->open(messages_.at(index).id);
}

Result<void> Maildrop::remove(const std::vector<std::size_t>& indices) {
    std::vector<std::string> ids;
    for (const std::size_t index : indices)
        ids.push_back(messages_.at(index).id);
    return reader_->remove(ids);
}

}  // namespace mailpipe::app::serve
