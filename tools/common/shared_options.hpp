#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/app/options.hpp"

namespace mailpipe::tools {

// The words that an option takes, and what they mean.
template <class Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

inline const Choices<app::MessageFormat> kMessageFormats{{"mboxrd", app::MessageFormat::mboxrd},
                                                         {"jsonl", app::MessageFormat::jsonl},
                                                         {"rfc822", app::MessageFormat::rfc822}};

inline const Choices<app::When> kWhen{
    {"auto", app::When::automatic}, {"always", app::When::always}, {"never", app::When::never}};

extern const Choices<app::TlsMode> kTlsModes;

// An option that takes one of the words. `choices` must outlive the app.
template <class Enum, class Place>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Place& place, const Choices<Enum>& choices,
                        const std::string& description) {
    std::string words;
    for (const auto& choice : choices)
        words += (words.empty() ? "" : "|") + choice.first;
    const auto is_word = [&choices, words](const std::string& text) -> std::string {
        for (const auto& choice : choices) {
            if (choice.first == text) return {};
        }
        return "'" + text + "' is not one of " + words;
    };
    const auto take = [&place, &choices](const std::string& text) {
        for (const auto& choice : choices) {
            if (choice.first == text) place = choice.second;
        }
    };
    return app.add_option_function<std::string>(name, take, description)->type_name(words)->check(is_word);
}

// An option whose value a function of the library parses.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, Value& value, Parse parse, const char* type,
                        const char* description) {
    return app
        .add_option_function<std::string>(
            name,
            [&value, parse, name](const std::string& text) {
                auto parsed = parse(text);
                if (!parsed) throw CLI::ValidationError(name, parsed.error().message);
                value = *parsed;
            },
            description)
        ->type_name(type);
}

// An option that may be repeated, with one value each time.
CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& type, const std::string& description);

// The arguments that are no options.
CLI::Option* add_arguments(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description);

// "--refs -".
CLI::Option* add_refs(CLI::App& app, bool& refs_from_stdin);

// --output, --json, --quiet, --color, --progress, --trace.
void add_common_options(CLI::App& app, app::CommonOptions& options);

// -4, -6, --timeout, --proxy, --tls, --tls-ca, --pin-sha256, --allow-plaintext-auth, --user,
// --password-command, --password-file, --config: of every command that connects. Notes all options that were given.
// `tls_modes` must outlive the app.
void add_client_options(CLI::App& app, app::ClientOptions& options,
                        const Choices<app::TlsMode>& tls_modes = kTlsModes);

}  // namespace mailpipe::tools
