#include "tools/common/command.hpp"

#include <cstdio>
#include <exception>
#include <memory>

namespace mailpipe::tools {

namespace {

constexpr int kUsage = 64;
constexpr int kBug = 70;

std::string one_line(std::string text) {
    for (char& c : text) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
    return text;
}

}  // namespace

std::unique_ptr<CLI::App> make_app(const std::string& name, const std::string& description,
                                   const std::string& examples) {
    auto app = std::make_unique<CLI::App>(description, name);
    app->set_version_flag("--version", name + " (mailpipe) " + MAILPIPE_VERSION, "Print the version and exit");
    app->set_help_flag("-h,--help", "Print this help and exit");
    app->footer("EXAMPLES\n" + examples + "\nSee " + name + "(1) for the whole story.");
    app->get_formatter()->column_width(34);
    app->option_defaults()->always_capture_default(false);
    return app;
}

int run_command(CLI::App& app, int argc, char** argv, const std::function<int()>& run) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        std::fprintf(stderr, "%s: %s; see %s --help\n", app.get_name().c_str(), one_line(error.what()).c_str(),
                     app.get_name().c_str());
        return kUsage;
    }
    try {
        return run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: bug: %s\n", app.get_name().c_str(), one_line(error.what()).c_str());
        return kBug;
    }
}

}  // namespace mailpipe::tools
