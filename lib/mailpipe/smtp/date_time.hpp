#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// date-time of RFC 3339, as HOLDUNTIL has it (RFC 4865 section 4). Seconds since 1970.
namespace mailpipe::smtp {

std::string encode_date_time(std::int64_t epoch);  // in UTC
// With "Z" or an offset; fractions of seconds are dropped. nullopt for what is none.
std::optional<std::int64_t> parse_date_time(std::string_view text);

}  // namespace mailpipe::smtp
