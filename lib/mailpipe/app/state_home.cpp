#include "mailpipe/app/state_home.hpp"

#include <cstdlib>

namespace mailpipe::app {

Result<std::string> state_home(std::string_view what, std::string_view option) {
    const char* state_home = std::getenv("XDG_STATE_HOME");
    // The XDG specification: a relative path is to be ignored.
    if (state_home != nullptr && state_home[0] == '/') return std::string(state_home) + "/mailpipe";
    const char* home = std::getenv("HOME");
    if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/mailpipe";
    return fail(Errc::config,
                "no place for " + std::string(what) + ": set HOME, or give " + std::string(option));
}

}  // namespace mailpipe::app
