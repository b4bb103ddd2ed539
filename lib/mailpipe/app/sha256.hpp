#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mailpipe::app {

using Sha256 = std::array<unsigned char, 32>;

// FIPS 180-4.
Sha256 sha256(std::string_view octets);
// Lower-case hexadecimal.
std::string sha256_hex(std::string_view octets);

}  // namespace mailpipe::app
