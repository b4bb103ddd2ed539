#pragma once

#include <CLI/CLI.hpp>

#include "mailpipe/app/options.hpp"

namespace mailpipe::tools {

// --output, --json, --quiet, --color, --progress, --trace.
void add_common_options(CLI::App& app, app::CommonOptions& options);

// -4, -6, --timeout, --proxy, --tls, --tls-ca, --pin-sha256, --allow-plaintext-auth, --user, --password-command,
// --password-file: of every command that connects.
void add_client_options(CLI::App& app, app::ClientOptions& options);

}  // namespace mailpipe::tools
