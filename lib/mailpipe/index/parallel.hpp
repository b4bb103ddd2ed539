#pragma once

#include <cstddef>
#include <functional>

namespace mailpipe::index {

// Calls `work` for each number below `count`, in any order, with as many threads (this one is among them) as there are cores, and no
// more than one for each `worth_a_thread` numbers. No further call begins once one has returned false.
void in_parallel(std::size_t count, std::size_t worth_a_thread, const std::function<bool(std::size_t)>& work);

}  // namespace mailpipe::index
