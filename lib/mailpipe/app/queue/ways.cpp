#include "mailpipe/app/queue/ways.hpp"

#include <utility>

#include "mailpipe/app/send/make_transports.hpp"
#include "mailpipe/app/send/settled_server.hpp"

namespace mailpipe::app {

Result<const Transports*> Ways::find(const std::string& server) {
    const std::string& wanted = server.empty() ? options_.server : server;
    if (wanted.empty()) return fail(Errc::config, "no server to send to; give --server");
    const auto known = ways_.find(wanted);
    if (known != ways_.end()) return known->second->transports.get();
    auto settled = settle_server(options_, wanted, accounts_);
    if (!settled) return tl::unexpected(settled.error());
    auto way = std::make_unique<Way>();
    way->options = std::move(settled->options);
    auto transports = make_transports(way->options, settled->server, accounts_, {trace_, nullptr});
    if (!transports) return tl::unexpected(transports.error());
    way->transports = std::move(*transports);
    return ways_.emplace(wanted, std::move(way)).first->second->transports.get();
}

}  // namespace mailpipe::app
