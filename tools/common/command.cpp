#include "tools/common/command.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>

#include "mailpipe/base/edit_distance.hpp"
#include "tools/common/formatter.hpp"

namespace mailpipe::tools {

namespace {

constexpr int kUsage = 64;
constexpr int kBug = 70;

std::string one_line(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '.'))
        text.pop_back();
    return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The value behind "=" can be a secret.
std::string without_value(const std::string& argument) {
    return argument.substr(0, argument.find('='));
}

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
    // CLI11 reports a missing argument before the misspelt option that took its place.
    const std::vector<std::string> unknown = app.remaining();
    for (const std::string& argument : unknown) {
        if (argument.size() < 2 || argument[0] != '-' || argument == "--") continue;
        const std::string option = without_value(argument);
        const std::string nearest = nearest_option(app, option);
        return "unknown option " + option + (nearest.empty() ? "" : "; did you mean " + nearest + "?");
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !unknown.empty()) {
        return "unexpected argument '" + unknown.back() + "'";
    }
    const std::string text = error.what();
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
        return replaced(text, " excludes ", " cannot be given together with ");
    }
    if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr)
        return replaced(text, " requires ", " needs ");
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && text.ends_with(" missing")) {
        return text.substr(0, text.find(':')) + " needs a value";
    }
    return text;
}

// The arguments in the reverse order that CLI11 wants. It takes an argument "[Gmail]", a good name of a
// Maildir, for a list, but not "./[Gmail]".
std::vector<std::string> reversed_arguments(const CLI::App& app, int argc, char** argv) {
    std::vector<std::string> arguments;
    bool options_ended = false;
    for (int i = argc - 1; i > 0; --i)
        arguments.emplace_back(argv[i]);
    for (int i = 1; i < argc; ++i) {
        const std::string previous = argv[i - 1];
        const CLI::Option* option =
            !options_ended && previous.starts_with('-') ? app.get_option_no_throw(previous) : nullptr;
        const bool is_value = option != nullptr && option->get_items_expected_max() > 0;
        std::string& argument = arguments[static_cast<std::size_t>(argc - 1 - i)];
        if (!is_value && argument.starts_with('[') && argument.ends_with(']')) argument.insert(0, "./");
        options_ended = options_ended || (!is_value && argument == "--");
    }
    return arguments;
}

}  // namespace

std::string nearest_option(const CLI::App& app, const std::string& misspelt) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    }
    return nearest_word(misspelt, names);
}

void wipe_option_values(int argc, char** argv, const std::vector<std::string>& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        for (const std::string& option : options) {
            char* value = nullptr;
            if (argument == option && i + 1 < argc) {
                value = argv[i + 1];
            } else if (argument.size() > option.size() && argument.starts_with(option) &&
                       argument[option.size()] == '=') {
                value = argv[i] + option.size() + 1;
            }
            if (value != nullptr) std::memset(value, '*', std::strlen(value));
        }
    }
}

std::unique_ptr<CLI::App> make_app(const std::string& name, const std::string& description,
                                   const std::string& examples) {
    auto app = std::make_unique<CLI::App>(description, name);
    app->formatter(std::make_shared<Formatter>());
    app->set_version_flag("--version", name + " (mailpipe) " + MAILPIPE_VERSION, "Print the version and exit");
    app->set_help_flag("-h,--help", "Print this help and exit");
    app->footer("EXAMPLES\n" + examples +
                "\nEXIT STATUS\n"
                "  0 done, 64 usage, 65 bad data, 66 no such input, 67 no such user, 68 no such host,\n"
                "  69 refused, 70 bug, 73 cannot create, 74 I/O error, 75 try again later, 76 protocol or\n"
                "  certificate, 77 permission or login, 78 configuration.\n"
                "\nSee " +
                name + "(1) for the whole story.");
    app->option_defaults()->always_capture_default(false)->multi_option_policy(
        CLI::MultiOptionPolicy::TakeLast);
    return app;
}

int run_command(CLI::App& app, int argc, char** argv, const std::function<int()>& run,
                const std::vector<std::string>& secret_options) {
    try {
        app.parse(reversed_arguments(app, argc, argv));
        wipe_option_values(argc, argv, secret_options);
    } catch (const CLI::Success& success) {
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        std::fprintf(stderr, "%s: %s; see %s --help\n", app.get_name().c_str(),
                     one_line(describe(app, error)).c_str(), app.get_name().c_str());
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
