#include "tools/mail-serve/limits_options.hpp"

namespace mailpipe::tools {

void add_limits_options(CLI::App& app, app::ServeLimitsOptions& options) {
    app.add_option("--threads", options.threads, "Event loops (default: one a core, at most 8)")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
}

}  // namespace mailpipe::tools
