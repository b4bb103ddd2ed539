#include "mailpipe/app/serve/imap/sort_cache.hpp"

#include <algorithm>

namespace mailpipe::app::serve {

std::size_t SortCache::Entry::octets() const {
    std::size_t sum = uids.size() * (sizeof(index::Uid) + sizeof(std::uint32_t));
    for (const auto& values : by_rank) {
        sum += sizeof values + values.size() * sizeof(email::SortValue);
        for (const email::SortValue& value : values)
            sum += value.text.capacity();
    }
    for (const email::ThreadFacts& facts : threads) {
        sum += sizeof facts + facts.message_id.capacity() + facts.subject.capacity();
        for (const std::string& reference : facts.references)
            sum += sizeof reference + reference.capacity();
    }
    return sum;
}

std::string SortCache::key_of(const index::Mailbox& mailbox, std::uint32_t uid_validity,
                              const std::string& what) {
    return mailbox.id() + " " + std::to_string(uid_validity) + " " + what;
}

SortCache::Pointer SortCache::find(const index::Mailbox& mailbox, std::uint32_t uid_validity,
                                   const std::string& what) {
    const std::string key = key_of(mailbox, uid_validity, what);
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(kept_.begin(), kept_.end(), [&key](const Kept& kept) { return kept.key == key; });
    if (found == kept_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front().entry;
}

void SortCache::put(const index::Mailbox& mailbox, std::uint32_t uid_validity, const std::string& what,
                    Pointer entry) {
    std::string key = key_of(mailbox, uid_validity, what);
    const std::size_t octets = entry->octets();
    const std::lock_guard lock(mutex_);
    const auto old =
        std::find_if(kept_.begin(), kept_.end(), [&key](const Kept& kept) { return kept.key == key; });
    if (old != kept_.end()) {
        octets_ -= old->octets;
        kept_.erase(old);
    }
    if (octets > kMostOctets) return;
    octets_ += octets;
    kept_.push_front({std::move(key), std::move(entry), octets});
    while (octets_ > kMostOctets) {
        octets_ -= kept_.back().octets;
        kept_.pop_back();
    }
}

}  // namespace mailpipe::app::serve
