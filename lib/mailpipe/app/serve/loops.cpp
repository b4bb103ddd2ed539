#include "mailpipe/app/serve/loops.hpp"

#include <algorithm>
#include <thread>

#include "mailpipe/app/serve/connection.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kMostByDefault = 8;

}  // namespace

Loops::Loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        loops_.push_back(std::make_unique<Loop>());
}

Loop& Loops::least_loaded() {
    Loop* least = loops_.front().get();
    for (const auto& loop : loops_) {
        if (loop->load < least->load) least = loop.get();
    }
    return *least;
}

void Loops::run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < loops_.size(); ++i)
        threads.emplace_back([loop = loops_[i].get()] { loop->io.run(); });
    first().io.run();
    for (auto& thread : threads)
        thread.join();
}

void Loops::finish() {
    for (const auto& loop : loops_)
        loop->work.reset();
}

std::size_t default_loops() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostByDefault);
}

}  // namespace mailpipe::app::serve
