#include "mailpipe/index/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace mailpipe::index {

void in_parallel(std::size_t count, std::size_t worth_a_thread, const std::function<bool(std::size_t)>& work) {
    constexpr std::size_t kThreads = 4;
    std::atomic<std::size_t> next = 0;
    const auto take = [&] {
        for (std::size_t at = next++; at < count; at = next++) {
            if (!work(at)) next = count;
        }
    };
    const std::size_t threads = std::min(
        {kThreads, static_cast<std::size_t>(std::thread::hardware_concurrency()), count / worth_a_thread});
    std::vector<std::thread> helpers;
    try {
        for (std::size_t helper = 1; helper < threads; ++helper)
            helpers.emplace_back(take);
    } catch (const std::system_error&) {  // no more of them: it goes on with fewer
    }
    take();
    for (std::thread& helper : helpers)
        helper.join();
}

}  // namespace mailpipe::index
