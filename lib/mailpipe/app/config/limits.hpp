#pragma once

#include <cstddef>

// What base/limits.hpp is for all layers, for configuration files.
namespace mailpipe::limits {

inline constexpr std::size_t kConfigFile = 1U << 20;  // octets of config.toml, and of what --import reads
inline constexpr std::size_t kConfigKeyParts = 16;    // of a dotted key: "a.b" has two

}  // namespace mailpipe::limits
