#include "mailpipe/app/serve/serve.hpp"

#include <csignal>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/serve/server.hpp"

namespace mailpipe::app {
namespace {

int report(Diagnostics& diagnostics, const Error& error) {
    diagnostics.error("", error);
    return diagnostics.exit_status();
}

}  // namespace

int run_serve(const ServeOptions& options) {
    Diagnostics diagnostics("mail-serve", options.common.quiet);
    std::signal(SIGPIPE, SIG_IGN);
    auto config = serve::make_config(options);
    if (!config) return report(diagnostics, config.error());
    auto events = serve::EventLog::open(options.events);
    if (!events) return report(diagnostics, events.error());
    asio::io_context io(1);
    serve::Context context(**config, **events, diagnostics);
    serve::Server server(io, **config, context);
    if (auto listening = server.listen(); !listening) return report(diagnostics, listening.error());
    if (const auto& user = (*config)->run_as) {
        if (auto dropped = serve::drop_privileges(*user); !dropped) return report(diagnostics, dropped.error());
    }
    if (auto writable = serve::check_store(**config); !writable) return report(diagnostics, writable.error());
    server.run();
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app
