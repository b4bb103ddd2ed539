#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mailpipe::tools {

// Parses the arguments and runs the command. --help and --version print and end with 0; a usage error is one
// line on stderr and 64, with a suggestion for a misspelt option; an exception that escapes `run` is a bug: one
// line and 70. The values of `secret_options` are overwritten in argv, where ps(1) would show them, before
// `run`.
int run_command(CLI::App& app, int argc, char** argv, const std::function<int()>& run,
                const std::vector<std::string>& secret_options = {});

// An App with the house's formatter: usage, options, then EXAMPLES, EXIT STATUS and "See mail-NAME(1)".
// `examples` are lines.
std::unique_ptr<CLI::App> make_app(const std::string& name, const std::string& description,
                                   const std::string& examples);

// Overwrites the values of these options in argv, in the forms "--user VALUE" and "--user=VALUE".
void wipe_option_values(int argc, char** argv, const std::vector<std::string>& options);

// The long option of the app that was probably meant; empty when none is near.
std::string nearest_option(const CLI::App& app, const std::string& misspelt);

}  // namespace mailpipe::tools
