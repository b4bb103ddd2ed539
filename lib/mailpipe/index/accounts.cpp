#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "mailpipe/index/account_impl.hpp"
#include "mailpipe/index/folder_watcher.hpp"

namespace mailpipe::index {
namespace {

// One that is being closed is open again soon.
constexpr auto kClosing = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(5);

}  // namespace

struct Accounts::Impl {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<Account>> accounts;
    std::set<std::string> opening;
    std::condition_variable opened;
    // Made with the first account: a server that confines itself does so while it has one thread.
    std::shared_ptr<FolderWatcher> folder_watcher;
    std::once_flag made_watcher;
};

std::shared_ptr<Accounts::Impl> Accounts::make() {
    return std::make_shared<Impl>();
}

std::shared_ptr<Account> Accounts::find(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->accounts.find(path);
    return found == impl_->accounts.end() ? nullptr : found->second.lock();
}

Result<std::shared_ptr<Account>> Accounts::open(const std::string& path) {
    std::call_once(impl_->made_watcher, [this] { impl_->folder_watcher = FolderWatcher::create(); });
    const auto deadline = std::chrono::steady_clock::now() + kClosing;
    bool was_ours = false;
    {
        std::unique_lock lock(impl_->mutex);
        impl_->opened.wait(lock, [&] {
            was_ours = was_ours || impl_->opening.count(path) != 0;
            return impl_->opening.count(path) == 0;
        });
        auto& known = impl_->accounts[path];
        if (auto account = known.lock()) return account;
        // It was never assigned where nobody had it open.
        was_ours = was_ours || known.owner_before(std::weak_ptr<Account>()) ||
                   std::weak_ptr<Account>().owner_before(known);
        impl_->opening.insert(path);
    }
    auto opened = AccountImpl::open(path, describe_, removing_, impl_->folder_watcher);
    while (!opened && opened.error().kind == Errc::unavailable && was_ours &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kPause);
        opened = AccountImpl::open(path, describe_, removing_, impl_->folder_watcher);
    }
    const std::lock_guard lock(impl_->mutex);
    impl_->opening.erase(path);
    if (opened) impl_->accounts[path] = *opened;
    impl_->opened.notify_all();
    return opened;
}

}  // namespace mailpipe::index
