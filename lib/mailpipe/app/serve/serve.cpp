#include "mailpipe/app/serve/serve.hpp"

#include <csignal>
#include <memory>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/serve/delivery/relay.hpp"
#include "mailpipe/app/serve/sandbox/sandbox.hpp"
#include "mailpipe/app/serve/server.hpp"
#include "mailpipe/app/serve/test/test_mode.hpp"

namespace mailpipe::app {
namespace {

constexpr std::chrono::seconds kDnsblTimeout{2};  // of a zone; a greeting waits for it

int report(Diagnostics& diagnostics, const Error& error) {
    diagnostics.error("", error);
    return diagnostics.exit_status();
}

int end(const ServeOptions& options, Diagnostics& diagnostics) {
    const auto& test = options.test.mode;
    if (test && test->failure()) return report(diagnostics, *test->failure());
    const auto* repertoire = test ? test->repertoire() : nullptr;
    if (repertoire == nullptr || !repertoire->mismatched()) return diagnostics.exit_status();
    return report(diagnostics,
                  {Errc::data, "--replay: a client differs from the recording; the events say where", {}});
}

Result<void> confine(const ServeOptions& options, const serve::Config& config, serve::EventLog& events) {
    const auto sandboxed = serve::enter_sandbox(options, config.store.root);
    if (!sandboxed) return tl::unexpected(sandboxed.error());
    serve::Json json = serve::make_event("sandbox");
    json["seccomp"] = sandboxed->seccomp;
    json["landlock"] = sandboxed->landlock;
    if (!sandboxed->missing.empty()) json["message"] = sandboxed->missing;
    events.write(json);
    return {};
}

Result<void> open_handover(const ServeOptions& options, Diagnostics& diagnostics, serve::Shared& shared) {
    const std::string& where = options.delivery.deliver;
    if (where.empty()) return {};
    auto handover = serve::Handover::open(where, options.relay, shared.commits, diagnostics);
    if (!handover) return tl::unexpected(handover.error());
    shared.handover = std::move(*handover);
    return {};
}

Result<std::unique_ptr<serve::Dnsbl>> open_dnsbl(const ServeOptions& options) {
    if (options.access.dnsbl.empty()) return nullptr;
    dns::ResolverOptions resolver_options;
    resolver_options.server = options.relay.direct.dns_server;
    resolver_options.timeout = kDnsblTimeout;
    auto resolver = dns::make_resolver(std::move(resolver_options));
    if (!resolver) return tl::unexpected(resolver.error());
    return serve::Dnsbl::make(options.access.dnsbl, std::move(*resolver));
}

}  // namespace

int run_serve(const ServeOptions& given) {
    ServeOptions options = given;
    Diagnostics diagnostics("mail-serve", options.common.quiet);
    std::signal(SIGPIPE, SIG_IGN);
    if (auto prepared = serve::TestMode::prepare(options); !prepared)
        return report(diagnostics, prepared.error());
    auto made = serve::make_config(options);
    if (!made) return report(diagnostics, made.error());
    const std::shared_ptr<const serve::Config> config = std::move(*made);
    auto events = serve::EventLog::open(options.events);
    if (!events) return report(diagnostics, events.error());
    if (const auto& test = options.test.mode) {
        test->attach(**events);
        (*events)->add_observer([&](const serve::Json& event) { test->observe(event, *config); });
    }
    std::unique_ptr<serve::Relay> relay;
    if (config->relay) {
        auto opened = serve::Relay::open(*config, **events, diagnostics);
        if (!opened) return report(diagnostics, opened.error());
        relay = std::move(*opened);
    }
    serve::Loops loops(config->limits.threads);
    serve::Shared shared(config, **events, diagnostics, relay ? &relay->spool() : nullptr, options.imap);
    (*events)->add_observer([&shared](const serve::Json& event) { shared.metrics.observe(event); });
    if (auto opened = open_handover(options, diagnostics, shared); !opened)
        return report(diagnostics, opened.error());
    auto dnsbl = open_dnsbl(options);
    if (!dnsbl) return report(diagnostics, dnsbl.error());
    shared.dnsbl = std::move(*dnsbl);
    serve::Server server(loops, shared, [&options, &config]() -> Result<std::shared_ptr<const serve::Config>> {
        auto remade = serve::remake_config(options, *config);
        if (!remade) return tl::unexpected(remade.error());
        return std::shared_ptr<const serve::Config>(std::move(*remade));
    });
    if (auto listening = server.listen(); !listening) return report(diagnostics, listening.error());
    if (const auto& user = config->run_as) {
        if (auto dropped = serve::drop_privileges(*user); !dropped) return report(diagnostics, dropped.error());
    }
    if (auto writable = serve::check_store(*config); !writable) return report(diagnostics, writable.error());
    if (auto confined = confine(options, *config, **events); !confined)
        return report(diagnostics, confined.error());
    auto logged = shared.commits.use_log(config->store.root, [&](const Error& error) {
        serve::Json event = serve::make_event("error");
        event["kind"] = serve::kind_name(error.kind);
        event["message"] = error.message;
        (*events)->write(event);
        diagnostics.note("", error.message);
    });
    if (!logged) return report(diagnostics, logged.error());
    if (relay) {
        if (auto started = relay->start(shared.config, shared.deliverer(), shared.spool_budget, shared.quota);
            !started)
            return report(diagnostics, started.error());
    }
    server.run();
    if (relay) relay->stop();
    return end(options, diagnostics);
}

}  // namespace mailpipe::app
