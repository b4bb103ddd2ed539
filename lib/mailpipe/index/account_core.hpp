#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "mailpipe/index/account.hpp"
#include "mailpipe/index/database.hpp"
#include "mailpipe/index/reserve.hpp"
#include "mailpipe/index/schema.hpp"
#include "mailpipe/index/watchers.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::index {

class FolderWatcher;

// What the mailboxes of an account share; it lives as long as one of them. Of the locks, the database's is taken last.
struct AccountCore {
    explicit AccountCore(const std::string& root) : path(root), reserve(root + "/.mailpipe-reserve") {}

    const std::string path;
    std::string index_path;
    Reserve reserve;
    Describe describe = nullptr;
    Removing removing;
    store::Fd lock;
    std::shared_ptr<FolderWatcher> folder_watcher;  // null: nothing is watched
    Watchers<AccountChange> watchers;

    mutable std::atomic<bool> broken = false;
    std::mutex database_mutex;
    std::unique_ptr<Database> database;

    // An index that turns out to be broken is made anew by the next who opens it.
    template <class Value>
    Result<Value> judged(Result<Value> result) const {
        if (!result && result.error().kind == Errc::data) {
            condemn_index(index_path);
            broken = true;
        }
        return result;
    }
    template <class Work>
    auto read(const Work& work) {
        const std::lock_guard guard(database_mutex);
        return judged(work(*database));
    }
    // All or nothing; durable when it returns, if that is wanted.
    template <class Work>
    Result<void> change(const Work& work, bool durable = true) {
        const std::lock_guard guard(database_mutex);
        auto begun = Transaction::begin(*database, durable);
        if (!begun) return judged(Result<void>(tl::unexpected(begun.error())));
        auto done = work(*database);
        if (done) done = begun->commit();
        return judged(std::move(done));
    }
};

// One that was never given in this account: the clock's, or the next. Part of a change.
Result<std::uint32_t> next_uid_validity(Database& database, const AccountCore& core);
// That one is not given any more.
Result<void> note_uid_validity(Database& database, std::uint32_t uid_validity);
// Before a mailbox goes, and with it the trace of its own: writes the last one given to a file beside the index, for the day
// on which that is lost and the clock is late.
Result<void> keep_uid_validity(AccountCore& core);

}  // namespace mailpipe::index
