#include "mailpipe/app/serve/imap/imap_shared.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/imap/describe.hpp"

namespace mailpipe::app::serve {

ImapShared::ImapShared(const ImapOptions& options, index::Removing removing)
    : options_(options), accounts_(describe, std::move(removing)) {}

Result<std::shared_ptr<index::Account>> ImapShared::open(const std::string& path) {
    auto account = accounts_.open(path);
    if (account && (*account)->is_broken()) {
        drop(*account);
        // Unless a session still has it, it closes here.
        account->reset();
        account = accounts_.open(path);
    }
    if (!account || (*account)->is_broken()) return account;
    // Closing one writes to the disk: not with the lock held.
    std::shared_ptr<index::Account> too_many;
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::find(kept_.begin(), kept_.end(), *account);
        if (found != kept_.end()) kept_.erase(found);
        kept_.push_front(*account);
        if (kept_.size() > kKept) {
            too_many = std::move(kept_.back());
            kept_.pop_back();
        }
    }
    return account;
}

void ImapShared::drop(const std::shared_ptr<index::Account>& account) {
    std::shared_ptr<index::Account> dropped;
    const std::lock_guard lock(mutex_);
    const auto found = std::find(kept_.begin(), kept_.end(), account);
    if (found == kept_.end()) return;
    dropped = std::move(*found);
    kept_.erase(found);
}

void ImapShared::delivered(const std::string& account_path, const std::string& mailbox_path) {
    if (const auto account = accounts_.find(account_path)) account->delivered(mailbox_path);
}

}  // namespace mailpipe::app::serve
