#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>

// What stands behind the stubs of stubs_*.S. The lists are made at build time by cmake/LateFunctions.cmake:
// LATE_LIBRARY(soname) and LATE_FUNCTION(index, library, name).
namespace {

constexpr const char* kLibraries[] = {
#define LATE_LIBRARY(soname) soname,
#define LATE_FUNCTION(index, library, name)
#include "late_functions.h"
#undef LATE_LIBRARY
#undef LATE_FUNCTION
};

struct Function {
    std::size_t library;
    const char* name;
};

constexpr Function kFunctions[] = {
#define LATE_LIBRARY(soname)
#define LATE_FUNCTION(index, library, name) {library, #name},
#include "late_functions.h"
#undef LATE_LIBRARY
#undef LATE_FUNCTION
};

std::array<std::atomic<void*>, std::size(kLibraries)> handles{};

// Any thread; who comes second gets the same handle. Never unloaded: its functions are known to the stubs.
void* load(std::size_t library) {
    void* handle = handles[library].load(std::memory_order_acquire);
    if (handle != nullptr) return handle;
    handle = ::dlopen(kLibraries[library], RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    handles[library].store(handle, std::memory_order_release);
    return handle;
}

}  // namespace

extern "C" {

// Read by the stubs; null until the function's first call.
[[gnu::visibility("hidden")]] std::atomic<void*> mailpipe_late_slots[std::size(kFunctions)];

// As the loader does for a library that is missing at the start. Whoever calls has no way to fail, and a command may be
// killed at any instant without losing a message.
[[gnu::visibility("hidden")]] void* mailpipe_late_resolve(std::size_t index) {
    const Function& function = kFunctions[index];
    void* const handle = load(function.library);
    void* const found = handle != nullptr ? ::dlsym(handle, function.name) : nullptr;
    if (found == nullptr) {
        const char* problem = ::dlerror();
        for (const char* words :
             {static_cast<const char*>(program_invocation_short_name),
              ": a library is missing: ", problem != nullptr ? problem : function.name, "\n"})
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words, std::strlen(words));
        ::_exit(78);
    }
    mailpipe_late_slots[index].store(found, std::memory_order_release);
    return found;
}

// All but those whose SONAMEs begin with one of `but`, which null ends. Returns what is missing, or null.
[[gnu::visibility("hidden")]] const char* mailpipe_late_load_all(const char* const* but) {
    for (std::size_t library = 0; library < std::size(kLibraries); ++library) {
        bool wanted = true;
        for (const char* const* name = but; *name != nullptr; ++name)
            wanted = wanted && std::strncmp(kLibraries[library], *name, std::strlen(*name)) != 0;
        if (wanted && load(library) == nullptr) return ::dlerror();
    }
    return nullptr;
}
}
