#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace mailpipe::index {

// Who wants to be called. From any thread; whoever is called may watch, and end his own watching.
template <class... Arguments>
class Watchers {
 public:
    using Call = std::function<void(const Arguments&...)>;

    // Destroying the token waits for a call that is running in another thread.
    std::shared_ptr<void> add(Call call) {
        auto entry = std::make_shared<Entry>();
        entry->call = std::move(call);
        const std::lock_guard lock(list_->mutex);
        std::erase_if(list_->entries, [](const auto& each) { return each.expired(); });
        list_->entries.push_back(entry);
        return std::shared_ptr<void>(entry.get(), [entry](void*) mutable {
            const std::lock_guard running(entry->mutex);
            entry->call = nullptr;
        });
    }

    void notify(const Arguments&... arguments) const {
        for (const auto& entry : now()) {
            const std::lock_guard running(entry->mutex);
            // A copy: it may end its own watching, and itself with it.
            if (const Call call = entry->call) call(arguments...);
        }
    }

    bool any() const { return !now().empty(); }

 private:
    struct Entry {
        std::recursive_mutex mutex;
        Call call;
    };
    struct List {
        std::mutex mutex;
        std::vector<std::weak_ptr<Entry>> entries;
    };

    std::vector<std::shared_ptr<Entry>> now() const {
        const std::lock_guard lock(list_->mutex);
        std::vector<std::shared_ptr<Entry>> entries;
        entries.reserve(list_->entries.size());
        for (const auto& each : list_->entries) {
            if (auto entry = each.lock()) entries.push_back(std::move(entry));
        }
        return entries;
    }

    std::shared_ptr<List> list_ = std::make_shared<List>();
};

}  // namespace mailpipe::index
