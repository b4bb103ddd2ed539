#include "tools/mail-serve/ground_options.hpp"

#include <map>
#include <string>

namespace mailpipe::tools {

void add_ground_options(CLI::App& app, app::ServeOptions& options) {
    app.add_option("--metrics", options.metrics_url,
                   "Answer with OpenMetrics at this URL, http://HOST:PORT/metrics")
        ->type_name("URL");
    const std::map<std::string, app::SandboxMode> modes{{"auto", app::SandboxMode::automatic},
                                                        {"require", app::SandboxMode::require},
                                                        {"off", app::SandboxMode::off}};
    app.add_option_function<std::string>(
           "--sandbox", [&options, modes](const std::string& text) { options.sandbox = modes.at(text); },
           "Give up what a server does not need: files and system calls (default: auto, as far as it goes)")
        ->type_name("auto|require|off")
        ->check(CLI::IsMember({"auto", "require", "off"}).description(""));
}

}  // namespace mailpipe::tools
