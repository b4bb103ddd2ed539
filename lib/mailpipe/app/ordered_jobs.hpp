#pragma once

#include <cstddef>
#include <functional>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// Calls make(0), make(1), … make(count - 1) on several threads at once, at most `ahead` of them beyond the one that
// is to be taken next, and take(0), take(1), … on the caller's thread, each when its make() is done. The first error
// of take() ends all and is returned; what make() throws is thrown here. The threads take no signals.
Result<void> run_in_order(std::size_t count, std::size_t ahead, const std::function<void(std::size_t)>& make,
                          const std::function<Result<void>(std::size_t)>& take);

// How many threads are worth having.
std::size_t job_threads();

}  // namespace mailpipe::app
