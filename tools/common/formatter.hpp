#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mailpipe::tools {

// --help in at most 100 columns: names and values of an option, then its description, wrapped. What excludes
// what is said in the man page.
class Formatter : public CLI::Formatter {
 public:
    std::string make_option(const CLI::Option* option, bool is_positional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_usage(const CLI::App* app, std::string name) const override;
};

}  // namespace mailpipe::tools
