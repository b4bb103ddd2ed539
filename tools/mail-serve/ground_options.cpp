#include "tools/mail-serve/ground_options.hpp"

namespace mailpipe::tools {

void add_ground_options(CLI::App& app, app::ServeOptions& options) {
    app.add_option("--metrics", options.metrics_url,
                   "Answer with OpenMetrics at this URL, http://HOST:PORT/metrics")
        ->type_name("URL");
}

}  // namespace mailpipe::tools
