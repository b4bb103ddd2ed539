// A library to be preloaded: every clock of the program runs faster than those of the kernel, and waits end so much
// sooner. The file $FAST_CLOCK holds six 64-bit integers: how many times faster; the nanoseconds of CLOCK_MONOTONIC from
// which on; nanoseconds that the machine has slept (in CLOCK_BOOTTIME and CLOCK_REALTIME, not in CLOCK_MONOTONIC);
// nanoseconds that are added to CLOCK_REALTIME alone; and how often a clock was asked, and how often poll() was called,
// which are written here.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "tests/fault/asked_clock.hpp"

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Shared {
    std::atomic<std::int64_t> factor;
    std::atomic<std::int64_t> begun;
    std::atomic<std::int64_t> slept;
    std::atomic<std::int64_t> jumped;
    std::atomic<std::int64_t> asked;
    std::atomic<std::int64_t> polled;
};

Shared* map_shared() {
    const char* path = std::getenv("FAST_CLOCK");
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) std::abort();
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) std::abort();
    ::close(file);
    return static_cast<Shared*>(memory);
}

// Set at the first question, which may come before the constructors of this library.
std::atomic<Shared*> mapped;

Shared& shared() {
    if (mapped == nullptr) mapped = map_shared();
    return *mapped;
}

std::int64_t nanoseconds(const struct timespec& time) {
    return time.tv_sec * kSecond + time.tv_nsec;
}

struct timespec to_timespec(std::int64_t time) {
    return {time / kSecond, time % kSecond};
}

int ask(clockid_t clock, struct timespec* now) {
    if (::syscall(SYS_clock_gettime, clock, now) != 0) return -1;
    const bool real = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    const bool boot = clock == CLOCK_BOOTTIME;
    const bool steady =
        clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW;
    if (!real && !boot && !steady) return 0;
    Shared& clocks = shared();
    ++clocks.asked;
    struct timespec monotonic {};
    ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &monotonic);
    std::int64_t time = nanoseconds(*now) + (nanoseconds(monotonic) - clocks.begun) * (clocks.factor - 1);
    if (real || boot) time += clocks.slept;
    if (real) time += clocks.jumped;
    *now = to_timespec(time);
    return 0;
}

}  // namespace

extern "C" int poll(struct pollfd* descriptors, nfds_t count, int milliseconds) {
    ++shared().polled;
    struct timespec wait = to_timespec(milliseconds * (kSecond / 1000) / shared().factor);
    return static_cast<int>(
        ::syscall(SYS_ppoll, descriptors, count, milliseconds < 0 ? nullptr : &wait, nullptr, 0));
}

extern "C" int nanosleep(const struct timespec* wanted, struct timespec* /*left*/) {
    const struct timespec wait = to_timespec(nanoseconds(*wanted) / shared().factor);
    return static_cast<int>(::syscall(SYS_nanosleep, &wait, nullptr));
}

extern "C" int clock_nanosleep(clockid_t clock, int flags, const struct timespec* wanted,
                               struct timespec* /*left*/) {
    std::int64_t wait = nanoseconds(*wanted);
    if ((flags & TIMER_ABSTIME) != 0) {
        struct timespec now {};
        ask(clock, &now);
        wait -= nanoseconds(now);
    }
    const struct timespec relative = to_timespec(wait > 0 ? wait / shared().factor : 0);
    return ::syscall(SYS_nanosleep, &relative, nullptr) == 0 ? 0 : errno;
}
