#include "mailpipe/app/send/settled_server.hpp"

#include <utility>

namespace mailpipe::app {

Result<SettledServer> settle_server(SendOptions options, const std::string& text, config::Accounts& accounts) {
    auto server = accounts.locate_server(text);
    if (!server) return tl::unexpected(server.error());
    const bool can_send = server->scheme == Scheme::smtp || server->scheme == Scheme::smtps ||
                          server->scheme == Scheme::lmtp || server->scheme == Scheme::mx;
    if (!can_send) {
        return fail(Errc::usage,
                    "not a server to send to; give an smtp://, smtps:// or lmtp:// URL, lmtp:PATH or mx:");
    }
    config::Settings command_line;
    command_line.fetch.client = options.client;
    auto settings = accounts.settings(*server, std::move(command_line));
    if (!settings) return tl::unexpected(settings.error());
    options.client = std::move(settings->fetch.client);
    if (settings->from) {
        options.has_from = true;
        options.from = std::move(*settings->from);
    }
    return SettledServer{std::move(*server), std::move(options)};
}

}  // namespace mailpipe::app
