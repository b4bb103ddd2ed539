#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/send/send.hpp"

namespace mailpipe::tools {

// The command line of mail-send(1); `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_send_app(app::SendOptions& options);

}  // namespace mailpipe::tools
