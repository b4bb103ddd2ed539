#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

namespace mailpipe::tools {

// Parses the arguments and runs the command. --help and --version print and end with 0; a usage error is one line on
// stderr and 64; an exception that escapes `run` is a bug: one line and 70.

int run_command(CLI::App& app, int argc, char** argv, const std::function<int()>& run);

// An App with the house's formatter: usage, options, then EXAMPLES and "See mail-NAME(1)". `examples` are lines.
std::unique_ptr<CLI::App> make_app(const std::string& name, const std::string& description,
                                   const std::string& examples);

}  // namespace mailpipe::tools
