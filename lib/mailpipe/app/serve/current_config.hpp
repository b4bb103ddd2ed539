#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "mailpipe/app/serve/config.hpp"

namespace mailpipe::app::serve {

// The configuration of the moment, for any thread. A reload puts another in its place; who holds one keeps it.
class CurrentConfig {
 public:
    explicit CurrentConfig(std::shared_ptr<const Config> config) : config_(std::move(config)) {}

    std::shared_ptr<const Config> get() const {
        const std::lock_guard lock(mutex_);
        return config_;
    }
    void set(std::shared_ptr<const Config> config) {
        const std::lock_guard lock(mutex_);
        config_.swap(config);  // the old one ends outside of the lock, or with who holds it
    }

 private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Config> config_;
};

}  // namespace mailpipe::app::serve
