#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the name of a queued message's file says, so that a queue of a million messages is known without opening one.
namespace mailpipe::queue {

// 64 bits: the second of its arrival since 1970, its 1024th part, and the lower 20 bits of the inode of its file, which no
// two files have at the same time, and none that is made within such a part after another is gone. In order of arrival. As
// text 13 characters of a base 32 without i, l, o and u (they are taken for others), in lower case.
using Id = std::uint64_t;

Id make_id(std::uint32_t arrived, std::uint32_t nanoseconds, std::uint64_t inode);
std::uint32_t arrived_at(Id id);
std::string encode_id(Id id);
std::optional<Id> parse_id(std::string_view text);

// The directory that it is in: all that arrived within the same 9 hours.
std::string bucket_name(Id id);

inline constexpr std::uint32_t kNever = 0xFFFFFFFF;  // Entry::due of a message that waits for people

// The name is a hint: the file says more precisely what is due. "ID-DUE-PRIORITY-GROUP", all in base 32.
struct Entry {
    Id id = 0;
    std::uint32_t due = 0;     // seconds since 1970; kNever: held, or given up
    std::int8_t priority = 0;  // MT-PRIORITY, -9 to 9
    std::uint32_t group = 0;   // of the domain of its recipients; kManyDomains: they differ
    bool operator==(const Entry&) const = default;
};

inline constexpr std::uint32_t kManyDomains = 0;

std::string encode_name(const Entry& entry);
std::optional<Entry> parse_name(std::string_view name);  // nullopt: it is no message of the queue

// Never kManyDomains. Without regard to case.
std::uint32_t group_of_domain(std::string_view domain);

}  // namespace mailpipe::queue
