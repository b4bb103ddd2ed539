#include "mailpipe/app/fetch/key_table.hpp"

#include <cstring>
#include <functional>
#include <stdexcept>

namespace mailpipe::app {
namespace {

constexpr std::size_t kFirstSlots = 16;
constexpr std::size_t kLongestKey = (1U << 24U) - 1;

}  // namespace

std::size_t KeyTable::length(Id id) const {
    std::size_t length = 0;
    for (std::size_t i = 1; i < kTime; ++i)
        length = (length << 8U) | static_cast<unsigned char>(text_[id + i]);
    return length;
}

std::uint32_t KeyTable::time(Id id) const {
    std::uint32_t seconds = 0;
    std::memcpy(&seconds, text_.data() + id + kTime, sizeof seconds);
    return seconds;
}

void KeyTable::set_time(Id id, std::uint32_t seconds) {
    std::memcpy(text_.data() + id + kTime, &seconds, sizeof seconds);
}

std::string_view KeyTable::key(Id id) const {
    return std::string_view(text_).substr(id + kHeader, length(id));
}

// The slot that holds the key or that it would go to.
std::size_t KeyTable::slot_of(std::string_view key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>()(key) & mask;
    while (slots_[slot] != kNone && this->key(slots_[slot]) != key)
        slot = (slot + 1) & mask;
    return slot;
}

std::optional<KeyTable::Id> KeyTable::find(std::string_view key) const {
    if (slots_.empty()) return std::nullopt;
    const Id id = slots_[slot_of(key)];
    return id == kNone ? std::nullopt : std::optional(id);
}

KeyTable::Id KeyTable::add(std::string_view key) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    const std::size_t slot = slot_of(key);
    if (slots_[slot] != kNone) return slots_[slot];
    if (key.size() > kLongestKey || text_.size() + kHeader + key.size() >= kNone)
        throw std::length_error("KeyTable");
    const Id id = static_cast<Id>(text_.size());
    text_ += '\0';
    for (std::size_t i = 1; i < kTime; ++i)
        text_ += static_cast<char>((key.size() >> (8 * (kTime - 1 - i))) & 0xFFU);
    text_.append(kHeader - kTime, '\0');
    text_ += key;
    slots_[slot] = id;
    ++size_;
    return id;
}

void KeyTable::grow() {
    const std::size_t count = slots_.empty() ? kFirstSlots : 2 * slots_.size();
    slots_ = {};  // before the larger one is there: the ids are in text_
    slots_.assign(count, kNone);
    for_each([this](Id id) { slots_[slot_of(key(id))] = id; });
}

void KeyTable::clear() {
    text_ = {};
    slots_ = {};
    size_ = 0;
}

}  // namespace mailpipe::app
