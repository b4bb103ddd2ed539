#pragma once

#include <valgrind/callgrind.h>

#include <string>

namespace mailpipe::tests {

// Runs `work`; under callgrind its instructions are written out under the name (counted_work_test.py).
// Instructions, not seconds: they are the same on every run and on a busy machine.
template <class Work>
void count_work(const std::string& name, Work work) {
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    work();
    CALLGRIND_DUMP_STATS_AT(name.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
}

// The same work for an input and for one of twice the size, which counted_work_test.py compares. `make` returns
// a text that grows linearly with its argument.
template <class Make, class Work>
void count_doubling(const std::string& name, Make make, Work work) {
    // Large enough for a quadratic copy by memmove to outweigh all that is linear.
    constexpr std::size_t kOctets = 32U << 10;
    std::size_t n = 64;
    std::string text = make(n);
    while (text.size() < kOctets)
        text = make(n *= 2);
    count_work(name + ": once", [&] { work(text); });
    text = make(2 * n);
    count_work(name + ": twice", [&] { work(text); });
}

}  // namespace mailpipe::tests
