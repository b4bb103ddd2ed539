#pragma once

#include <string>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/send/send.hpp"

namespace mailpipe::app {

// A server to send to, and the options with what the configuration says of it.
struct SettledServer {
    Location server;
    SendOptions options;
};

// `text` is a location or an account. Errors: those of Accounts; usage for what mail cannot be sent to.
Result<SettledServer> settle_server(SendOptions options, const std::string& text, config::Accounts& accounts);

}  // namespace mailpipe::app
