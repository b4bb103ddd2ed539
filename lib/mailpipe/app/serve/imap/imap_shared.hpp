#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "mailpipe/app/serve/imap/imap_options.hpp"
#include "mailpipe/app/serve/imap/sort_cache.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/index/account.hpp"

namespace mailpipe::app::serve {

inline constexpr std::size_t kMailboxThreads = 8;

// What IMAP connections share. From any thread.
class ImapShared {
 public:
    // `removing`: see index::Removing.
    ImapShared(const ImapOptions& options, index::Removing removing);

    const ImapOptions& options() const { return options_; }

    // As index::Account::open(), one instance each. Those asked for last stay open, so that the next session of a user finds
    // his mailboxes in memory, but for those whose index is broken. Reads the disk.
    Result<std::shared_ptr<index::Account>> open(const std::string& path);
    SortCache& sort_cache() { return sort_cache_; }
    // A message has come into the Maildir of this account, or one of its folders. No I/O.
    void delivered(const std::string& account_path, const std::string& mailbox_path);

 private:
    static constexpr std::size_t kKept = 100;

    void drop(const std::shared_ptr<index::Account>& account);

    const ImapOptions options_;
    index::Accounts accounts_;
    SortCache sort_cache_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<index::Account>> kept_;  // the one asked for last in front
};

}  // namespace mailpipe::app::serve
