#include "mailpipe/base/late_libraries.hpp"

#include <string>

// Of lib/late/resolve.cpp; null where nothing is late.
extern "C" [[gnu::weak, gnu::visibility("hidden")]] const char* mailpipe_late_load_all(const char* but);

namespace mailpipe {

Result<void> load_late_libraries(const char* but) {
    if (&mailpipe_late_load_all == nullptr) return {};
    const char* problem = mailpipe_late_load_all(but);
    if (problem != nullptr) return fail(Errc::config, std::string("a library is missing: ") + problem);
    return {};
}

}  // namespace mailpipe
