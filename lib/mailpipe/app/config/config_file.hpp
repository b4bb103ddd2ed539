#pragma once

#include <string>

#include "mailpipe/app/config/config.hpp"
#include "mailpipe/app/diagnostics.hpp"

namespace mailpipe::app::config {

// Where the configuration is: the file of --config, else $XDG_CONFIG_HOME/mailpipe/config.toml, else
// ~/.config/mailpipe/config.toml; empty when neither variable holds an absolute path.
std::string config_path(const std::string& given);

// Reads it. A file that was not given need not be there: then the configuration is empty. All that is wrong with
// it is reported, as kind config; nullopt then.
std::optional<Config> read_config(const std::string& given, Diagnostics& diagnostics);

}  // namespace mailpipe::app::config
