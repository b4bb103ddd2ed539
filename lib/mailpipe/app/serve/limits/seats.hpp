#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace mailpipe::app::serve {

// How many connections each key has at this moment: an address, a user. From any thread. It outlives its seats.
class Seats {
 public:
    // One of those counted, until it is destroyed.
    class Seat {
     public:
        Seat() = default;
        Seat(Seats* seats, std::string key) : seats_(seats), key_(std::move(key)) {}
        Seat(Seat&& other) noexcept
            : seats_(std::exchange(other.seats_, nullptr)), key_(std::move(other.key_)) {}
        Seat& operator=(Seat&& other) noexcept {
            std::swap(seats_, other.seats_);
            std::swap(key_, other.key_);
            return *this;
        }
        ~Seat() {
            if (seats_ != nullptr) seats_->leave(key_);
        }

     private:
        Seats* seats_ = nullptr;
        std::string key_;
    };

    // false: the key has `limit` already; 0: no limit.
    bool take(const std::string& key, std::size_t limit, Seat& seat) {
        {
            const std::lock_guard lock(mutex_);
            std::size_t& count = taken_[key];
            if (limit != 0 && count >= limit) return false;
            ++count;
        }
        seat = Seat(this, key);
        return true;
    }
    std::size_t taken(const std::string& key) const {
        const std::lock_guard lock(mutex_);
        const auto found = taken_.find(key);
        return found == taken_.end() ? 0 : found->second;
    }

 private:
    void leave(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto found = taken_.find(key);
        if (--found->second == 0) taken_.erase(found);
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> taken_;  // all at least 1
};

}  // namespace mailpipe::app::serve
