#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace mailpipe::tools {

// An option that takes octets: 1*DIGIT ["k" / "M" / "G"], powers of 1024, more than none.
CLI::Option* add_size(CLI::App& app, const std::string& name, std::uint64_t& octets,
                      const std::string& description);

}  // namespace mailpipe::tools
