#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace mailpipe::app::config {

// The line, from 1, of the first dotted key of TOML text that has more than kConfigKeyParts parts; nullopt when there
// is none. toml++ nests a table for each part and calls itself for each level of them, so that a key of enough
// parts ends a program by its stack. Text that is no TOML may count differently, never less.
std::optional<std::size_t> find_long_key(std::string_view text);

}  // namespace mailpipe::app::config
