#include "mailpipe/queue/entry.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::queue {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kIdLength = 13;
constexpr std::size_t kNumberLength = 7;  // of 32 bits
constexpr std::size_t kBucketLength = 4;
constexpr unsigned kPartBits = 10;
constexpr unsigned kInodeBits = 20;
constexpr int kLowestPriority = -9;
constexpr int kHighestPriority = 9;

void append_number(std::uint64_t number, std::size_t length, std::string& text) {
    for (std::size_t i = length; i > 0; --i)
        text += kDigits[(number >> (5 * (i - 1))) & 31U];
}

// The next digits of `text`, and the "-" behind them when more follows.
std::optional<std::uint64_t> take_number(std::string_view& text, std::size_t length) {
    if (text.size() < length) return std::nullopt;
    std::uint64_t number = 0;
    // The first of 13 digits has 4 bits.
    if (length == kIdLength && kDigits.find(text[0]) >= 16) return std::nullopt;
    for (const char c : text.substr(0, length)) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        number = number << 5U | digit;
    }
    text.remove_prefix(length);
    if (text.empty()) return number;
    if (text[0] != '-' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
    return number;
}

}  // namespace

Id make_id(std::uint32_t arrived, std::uint32_t nanoseconds, std::uint64_t inode) {
    const std::uint64_t part = (std::uint64_t{nanoseconds} << kPartBits) / 1'000'000'000;
    return Id{arrived} << (kPartBits + kInodeBits) | part << kInodeBits | (inode & ((1ULL << kInodeBits) - 1));
}

std::uint32_t arrived_at(Id id) {
    return static_cast<std::uint32_t>(id >> (kPartBits + kInodeBits));
}

std::string encode_id(Id id) {
    std::string text;
    append_number(id, kIdLength, text);
    return text;
}

std::optional<Id> parse_id(std::string_view text) {
    if (text.size() != kIdLength) return std::nullopt;
    return take_number(text, kIdLength);
}

std::string bucket_name(Id id) {
    return encode_id(id).substr(0, kBucketLength);
}

std::string encode_name(const Entry& entry) {
    std::string name = encode_id(entry.id);
    name += '-';
    append_number(entry.due, kNumberLength, name);
    name += '-';
    append_number(static_cast<std::uint64_t>(entry.priority - kLowestPriority), 1, name);
    name += '-';
    append_number(entry.group, kNumberLength, name);
    return name;
}

std::optional<Entry> parse_name(std::string_view name) {
    const auto id = take_number(name, kIdLength);
    if (!id) return std::nullopt;
    std::array<std::uint64_t, 3> numbers{};
    const std::array<std::size_t, 3> lengths{kNumberLength, 1, kNumberLength};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = take_number(name, lengths[i]);
        if (!number || name.empty() != (i + 1 == numbers.size())) return std::nullopt;
        numbers[i] = *number;
    }
    if (numbers[0] > kNever || numbers[1] > kHighestPriority - kLowestPriority || numbers[2] > kNever)
        return std::nullopt;
    return Entry{*id, static_cast<std::uint32_t>(numbers[0]),
                 static_cast<std::int8_t>(static_cast<int>(numbers[1]) + kLowestPriority),
                 static_cast<std::uint32_t>(numbers[2])};
}

// FNV-1a.
std::uint32_t group_of_domain(std::string_view domain) {
    std::uint32_t hash = 2166136261U;
    for (const char c : domain)
        hash = (hash ^ static_cast<unsigned char>(ascii::lower(c))) * 16777619U;
    return std::max(hash, kManyDomains + 1);
}

}  // namespace mailpipe::queue
