#pragma once

#include <cstddef>

namespace mailpipe::app {

// How much of this machine the peers of mail-serve may use.
struct ServeLimitsOptions {
    std::size_t threads = 0;  // event loops; 0: one a core, at most 8
};

}  // namespace mailpipe::app
