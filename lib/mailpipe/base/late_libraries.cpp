#include "mailpipe/base/late_libraries.hpp"

#include <string>

// Of lib/late/resolve.cpp; null where nothing is late.
extern "C" [[gnu::weak, gnu::visibility("hidden")]] const char* mailpipe_late_load_all(const char* const* but);

namespace mailpipe {

Result<void> load_late_libraries(std::vector<const char*> but) {
    if (&mailpipe_late_load_all == nullptr) return {};
    but.push_back(nullptr);
    const char* problem = mailpipe_late_load_all(but.data());
    if (problem != nullptr) return fail(Errc::config, std::string("a library is missing: ") + problem);
    return {};
}

}  // namespace mailpipe
