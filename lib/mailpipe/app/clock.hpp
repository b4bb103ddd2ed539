#pragma once

#include <cstdint>
#include <ctime>

namespace mailpipe::app {

// The time that is recorded, seconds since 1970.
inline std::uint32_t now_seconds() {
    return static_cast<std::uint32_t>(std::time(nullptr));
}

}  // namespace mailpipe::app
