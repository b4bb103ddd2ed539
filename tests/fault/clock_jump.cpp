// A library to be preloaded: the program's wall clock is what the file $CLOCK_JUMP says, and jumps when that
// changes. The steady clocks and the kernel's own time stay as they are, so that a deadline that was reckoned by
// the wall clock is met at once or not for hours.
//
// The file holds three 64-bit integers: seconds that are added to the wall clock; where not 0, the seconds at
// which it stands still in place of that; and how often it was asked, which is written here.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "tests/fault/asked_clock.hpp"

namespace {

struct Shared {
    std::atomic<std::int64_t> added;
    std::atomic<std::int64_t> frozen;
    std::atomic<std::int64_t> asked;
};

Shared* map_shared() {
    const char* path = std::getenv("CLOCK_JUMP");
    if (path == nullptr) return nullptr;
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) std::abort();
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) std::abort();
    ::close(file);
    return static_cast<Shared*>(memory);
}

// Set at the first question, which may come before the constructors of this library.
std::atomic<Shared*> mapped;

int ask(clockid_t clock, struct timespec* now) {
    const long result = ::syscall(SYS_clock_gettime, clock, now);
    if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return static_cast<int>(result);
    if (mapped == nullptr) mapped = map_shared();
    Shared* shared = mapped;
    if (shared == nullptr) return 0;
    ++shared->asked;
    now->tv_sec += shared->added;
    if (const std::int64_t frozen = shared->frozen; frozen != 0) *now = {frozen, 0};
    return 0;
}

}  // namespace
