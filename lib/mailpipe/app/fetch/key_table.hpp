#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailpipe::app {

// A set of keys, each with a small value and a time. The keys lie in one buffer and a slot of the hash table is four
// octets: a key costs its length and some 14 octets, where a node of std::unordered_set<std::string> costs 100.
// Nothing is ever removed; a key that counts no more gets a value that says so.
//
// All keys together may be 4 GiB (limits::kListedMessages times limits::kUidl is less) and each 16 MiB.
class KeyTable {
 public:
    using Id = std::uint32_t;
    static constexpr Id kNone = UINT32_MAX;

    // The id of the key, which is put into the table with the value 0 if it is not there.
    Id add(std::string_view key);
    std::optional<Id> find(std::string_view key) const;
    bool contains(std::string_view key) const { return find(key).has_value(); }
    // Valid until the next add().
    std::string_view key(Id id) const;
    std::uint8_t value(Id id) const { return static_cast<std::uint8_t>(text_[id]); }
    void set_value(Id id, std::uint8_t value) { text_[id] = static_cast<char>(value); }
    // Seconds since 1970, until 2106; 0 at first.
    std::uint32_t time(Id id) const;
    void set_time(Id id, std::uint32_t seconds);
    std::size_t size() const { return size_; }
    void clear();

    // use(id), in the order of add().
    template <class Use>
    void for_each(Use use) const {
        for (std::size_t at = 0; at < text_.size(); at += kHeader + length(static_cast<Id>(at)))
            use(static_cast<Id>(at));
    }

 private:
    static constexpr std::size_t kTime = 4;  // behind an octet for the value and three for the length
    static constexpr std::size_t kHeader = 8;
    std::size_t length(Id id) const;
    std::size_t slot_of(std::string_view key) const;
    void grow();

    std::string text_;       // header and key, again and again; an id is an offset
    std::vector<Id> slots_;  // a power of two of them, kNone where free
    std::size_t size_ = 0;
};

}  // namespace mailpipe::app
