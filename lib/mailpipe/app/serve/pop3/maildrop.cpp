#include "mailpipe/app/serve/pop3/maildrop.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

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

}  // namespace

std::string uidl_of(std::string_view id) {
    const bool fits = !id.empty() && id.size() <= limits::kUidl &&
                      std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (fits) return std::string(id);
    return sha256_hex(id);
}

Result<std::shared_ptr<Maildrop>> Maildrop::open(const std::string& path) {
    auto reader = open_reader(path);
    if (!reader) return tl::unexpected(reader.error());
    store::Fd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) return fail_errno(errno, path);
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(Errc::unavailable, path + ": another session has the maildrop");
        if (errno != EINTR) return fail_errno(errno, path);
    }
    auto entries = (*reader)->list();
    if (!entries) return tl::unexpected(entries.error());
    std::shared_ptr<Maildrop> maildrop(new Maildrop(std::move(lock), std::move(*reader)));
    maildrop->messages_.reserve(entries->size());
    for (const store::Entry entry : *entries) {
        auto size = maildrop->reader_->size(entry);
        if (!size && size.error().kind == Errc::not_found) continue;  // gone since the listing
        if (!size) return tl::unexpected(size.error());
        maildrop->messages_.push_back({entry.id, uidl_of(entry.id), *size});
    }
    return maildrop;
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
