#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What stands in a file of a delivery log. All numbers are little-endian.
//
//     file    = header, octets up to kLogBegin, records
//     header  = "MPLOG1" CR LF, generation (8), crc (4)
//     record  = "MPRC", crc (4), generation (8), kind (4), mailbox size (4), id size (4), text size (4), mailbox, id,
//               text
//
// The crc of a record is that of all behind it. A file is used again from its beginning: the first record of another
// generation, or that is not whole, is the end. Pure functions.
namespace mailpipe::store {

inline constexpr std::size_t kLogBegin = 4096;
inline constexpr std::size_t kLogRecordHead = 32;

struct LogRecord {
    enum class Kind : std::uint32_t { message = 1, removal = 2 };

    Kind kind = Kind::message;
    std::string_view mailbox;  // below the root of the store
    std::string_view id;       // Entry::id
    std::string_view text;     // of a message, as on disk

    std::size_t size() const { return kLogRecordHead + mailbox.size() + id.size() + text.size(); }
};

std::string encode_log_header(std::uint64_t generation);
// The generation; nullopt for what is no header.
std::optional<std::uint64_t> parse_log_header(std::string_view octets);
void append_log_record(const LogRecord& record, std::uint64_t generation, std::string& out);
// The record that `octets` begin with; it refers to them.
std::optional<LogRecord> parse_log_record(std::string_view octets, std::uint64_t generation);

}  // namespace mailpipe::store
