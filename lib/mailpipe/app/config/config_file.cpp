#include "mailpipe/app/config/config_file.hpp"

#include <unistd.h>

#include <cstdlib>

#include "mailpipe/app/config/limits.hpp"
#include "mailpipe/app/private_file.hpp"

namespace mailpipe::app::config {
namespace {

// The XDG specification: a relative path is to be ignored.
std::string absolute_variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && value[0] == '/' ? value : "";
}

}  // namespace

std::string config_path(const std::string& given) {
    if (!given.empty()) return given;
    const std::string config_home = absolute_variable("XDG_CONFIG_HOME");
    if (!config_home.empty()) return config_home + "/mailpipe/config.toml";
    const std::string home = absolute_variable("HOME");
    return home.empty() ? "" : home + "/.config/mailpipe/config.toml";
}

std::optional<Config> read_config(const std::string& given, Diagnostics& diagnostics) {
    const std::string path = config_path(given);
    if (given.empty() && (path.empty() || ::access(path.c_str(), F_OK) != 0)) return Config();
    const auto text = read_trusted_file(path, limits::kConfigFile, path);
    if (!text) {
        diagnostics.error("", text.error());
        return std::nullopt;
    }
    Parsed parsed = parse_config(*text, path, absolute_variable("HOME"));
    for (const std::string& error : parsed.errors)
        diagnostics.error("", Error{Errc::config, error, std::nullopt});
    if (!parsed.errors.empty()) return std::nullopt;
    return std::move(parsed.config);
}

}  // namespace mailpipe::app::config
