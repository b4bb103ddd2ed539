#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/app/fetch/state.hpp"

// The records of fetch/state.hpp as text.
namespace mailpipe::app {

std::string header_record(const Location& source, const std::string& destination);
// Of such a record.
std::string destination_of(std::string_view header_record);
std::string encode_record(std::string_view word, std::string_view key);
std::string staged_record(const FetchState::Staged& staged);
// `destination` is left out where `to` begins with it.
std::string done_record(const FetchState::Done& done, std::string_view destination);
std::string failed_record(std::string_view key, std::uint32_t count, std::int64_t last);

// The decoded key of a record of that word; nullopt for any other.
std::optional<std::string> key_of(std::string_view record, std::string_view word);

struct DoneRecord {
    std::string key;
    std::string to;         // as it stands: without the destination it begins with ";"
    FetchState::Done done;  // without its key and `to`
};
std::optional<DoneRecord> parse_done(std::string_view record);

std::optional<FetchState::Staged> parse_staged(std::string_view record);

// What is at rest: nothing is staged or failed.
struct AtRest {
    std::uint32_t complete_below = 0;
    std::uint32_t validity = 0;
    std::size_t done = 0;     // how many
    std::size_t deleted = 0;  // how many
    std::optional<Settled> settled = {};
};
std::string rest_record(const AtRest& rest);
std::optional<AtRest> parse_rest(std::string_view record);

}  // namespace mailpipe::app
