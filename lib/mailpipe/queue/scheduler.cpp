#include "mailpipe/queue/scheduler.hpp"

#include <algorithm>

namespace mailpipe::queue {
namespace {

constexpr auto kLater = [](const auto& one, const auto& other) { return one.when > other.when; };
constexpr auto kYounger = [](const auto& one, const auto& other) { return one.id > other.id; };

}  // namespace

void Scheduler::add(const Entry& entry, std::uint32_t when) {
    const Key key{entry.priority, entry.group};
    Lane& lane = lanes_[key];
    if (lane.waiting.empty() || when < lane.waiting.front().when) {
        if (!lane.waiting.empty()) waiting_.erase({lane.waiting.front().when, key});
        waiting_.emplace(when, key);
    }
    lane.waiting.push_back({entry.id, entry.due, when});
    std::push_heap(lane.waiting.begin(), lane.waiting.end(), kLater);
    ++size_;
}

void Scheduler::make_ready(std::uint32_t now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        const Key key = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        Lane& lane = lanes_[key];
        if (lane.ready.empty()) turns_[key.first].push_back(key.second);
        while (!lane.waiting.empty() && lane.waiting.front().when <= now) {
            lane.ready.push_back(lane.waiting.front());
            std::push_heap(lane.ready.begin(), lane.ready.end(), kYounger);
            std::pop_heap(lane.waiting.begin(), lane.waiting.end(), kLater);
            lane.waiting.pop_back();
        }
        if (!lane.waiting.empty()) {
            waiting_.emplace(lane.waiting.front().when, key);
        } else {
            lane.waiting.shrink_to_fit();
        }
    }
}

std::optional<Entry> Scheduler::next(std::uint32_t now, const std::function<bool(std::uint32_t group)>& may) {
    make_ready(now);
    for (auto& [priority, turns] : turns_) {
        for (std::size_t tried = 0, count = turns.size(); tried < count; ++tried) {
            const std::uint32_t group = turns.front();
            turns.pop_front();
            if (!may(group)) {
                turns.push_back(group);
                continue;
            }
            const auto found = lanes_.find({priority, group});
            Lane& lane = found->second;
            const Slot slot = lane.ready.front();
            std::pop_heap(lane.ready.begin(), lane.ready.end(), kYounger);
            lane.ready.pop_back();
            --size_;
            if (!lane.ready.empty()) {
                turns.push_back(group);
            } else if (lane.waiting.empty()) {
                lanes_.erase(found);
            }
            return Entry{slot.id, slot.due, priority, group};
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Scheduler::next_due(std::uint32_t now) {
    make_ready(now);
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first;
}

void Scheduler::clear() {
    lanes_.clear();
    waiting_.clear();
    turns_.clear();
    size_ = 0;
}

}  // namespace mailpipe::queue
