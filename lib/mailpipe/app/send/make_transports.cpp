#include "mailpipe/app/send/make_transports.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "mailpipe/app/send/mx_transport.hpp"
#include "mailpipe/app/send/own_host.hpp"
#include "mailpipe/app/send/server_transport.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/dns/name.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kArrow = "->";

struct Rule {
    std::string pattern;  // as dns::matches_domain() has it
    Location server;
};

struct Server {
    Location location;
    SubmitterOptions options;
};

bool is_server(Scheme scheme) {
    return scheme == Scheme::smtp || scheme == Scheme::smtps || scheme == Scheme::lmtp;
}

// DOMAIN, .DOMAIN or *
Result<std::string> parse_pattern(std::string_view text, std::string_view option) {
    if (text == "*") return std::string("*");
    const bool below = text.starts_with('.');
    auto name = dns::canonical_name(below ? text.substr(1) : text);
    if (!name) return fail(Errc::usage, std::string(option) + ": not a domain: " + name.error().message);
    return (below ? "." : "") + *name;
}

// rule = pattern "->" location
Result<Rule> parse_rule(const std::string& text, config::Accounts& accounts) {
    const std::size_t arrow = text.find(kArrow);
    if (arrow == std::string::npos) {
        return fail(Errc::usage, "--relay: \"" + without_password(text) +
                                     "\" is no rule such as \"example.org -> smtp://mail.example.net\"");
    }
    auto pattern = parse_pattern(ascii::trim(std::string_view(text).substr(0, arrow)), "--relay");
    if (!pattern) return tl::unexpected(pattern.error());
    const std::string to(ascii::trim(std::string_view(text).substr(arrow + kArrow.size())));
    auto server = accounts.locate_server(to);
    if (!server)
        return fail(server.error().kind, "--relay: " + without_password(to) + ": " + server.error().message);
    if (!is_server(server->scheme) && server->scheme != Scheme::mx)
        return fail(Errc::usage, "--relay: mail goes to an smtp://, smtps:// or lmtp: server, or mx:");
    return Rule{std::move(*pattern), std::move(*server)};
}

class RoutedTransports : public Transports {
 public:
    // What servers have other passwords for is not theirs: `options` without what logs in.
    RoutedTransports(Location server, SubmitterOptions options, Progress* progress)
        : server_(std::move(server)), options_(std::move(options)), progress_(progress) {}

    void add(Rule rule, ClientOptions client) {
        SubmitterOptions options = options_;
        options.client = std::move(client);
        if (rule.server.scheme != Scheme::mx)
            servers_.emplace(encode(rule.server), Server{rule.server, std::move(options)});
        rules_.push_back(std::move(rule));
    }
    void set_mx(std::shared_ptr<const MxSettings> settings) { mx_ = std::move(settings); }

    std::string destination(const smtp::Mailbox& recipient) const override {
        for (const Rule& rule : rules_) {
            if (recipient.domain.empty() || !dns::matches_domain(recipient.domain, rule.pattern)) continue;
            return rule.server.scheme == Scheme::mx ? recipient.domain : encode(rule.server);
        }
        return server_.scheme == Scheme::mx ? recipient.domain : "";
    }

    Result<std::unique_ptr<Transport>> open(const std::string& destination) const override {
        const auto found = servers_.find(destination);
        const bool is_first = destination.empty() && server_.scheme != Scheme::mx;
        if (!is_first && found == servers_.end()) return open_mx(destination);
        auto transport = is_first ? std::make_unique<ServerTransport>(options_, server_, progress_)
                                  : std::make_unique<ServerTransport>(found->second.options,
                                                                      found->second.location, progress_);
        if (auto prepared = transport->prepare(); !prepared) return tl::unexpected(prepared.error());
        return transport;
    }

 private:
    Result<std::unique_ptr<Transport>> open_mx(const std::string& domain) const {
        if (domain.empty()) return fail(Errc::usage, "a recipient without a domain has no mail hosts");
        if (!mx_) return fail(Errc::usage, domain + ": no --relay rule and no --server mx: leads there");
        return std::make_unique<MxTransport>(mx_, domain, progress_);
    }

    Location server_;
    SubmitterOptions options_;
    Progress* progress_;
    std::vector<Rule> rules_;
    std::map<std::string, Server> servers_;
    std::shared_ptr<const MxSettings> mx_;
};

// What holds for any host.
ClientOptions without_login(const ClientOptions& client) {
    ClientOptions plain;
    plain.family = client.family;
    plain.timeout = client.timeout;
    plain.proxy = client.proxy;
    plain.tls = client.tls;
    plain.tls_ca = client.tls_ca;
    plain.source_addresses = client.source_addresses;
    plain.config_file = client.config_file;
    return plain;
}

SubmitterOptions submitter_options(const SendOptions& options, ClientOptions client, Trace* trace) {
    SubmitterOptions made;
    made.client = std::move(client);
    made.helo_name = options.helo_name;
    made.trace = trace;
    made.adapt = true;
    made.stop_after = options.stop_after;
    return made;
}

std::size_t choose_below(std::size_t count) {
    std::random_device device;
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(device);
}

Result<std::shared_ptr<const MxSettings>> make_mx_settings(const SendOptions& options, Trace* trace) {
    const DirectOptions& direct = options.direct;
    const ClientOptions& client = options.client;
    if (client.tls == TlsMode::implicit)
        return fail(Errc::usage, "--tls implicit is not what mail hosts offer");
    if (!client.tunnel.empty()) return fail(Errc::usage, "--tunnel leads to one server only, not to mx:");
    auto settings = std::make_shared<MxSettings>();
    settings->submitter = submitter_options(options, without_login(client), trace);
    if (settings->submitter.helo_name.empty()) {
        auto name = qualified_host_name();
        if (!name) return tl::unexpected(name.error());
        settings->submitter.helo_name = std::move(*name);
    }
    settings->port = direct.mx_port;
    settings->own_names = own_host_names();
    if (auto name = dns::canonical_name(settings->submitter.helo_name))
        settings->own_names.push_back(std::move(*name));
    settings->own_addresses = own_addresses();
    std::vector<std::string> required;
    for (const std::string& text : direct.tls_required_for) {
        auto pattern = parse_pattern(text, "--tls-required-for");
        if (!pattern) return tl::unexpected(pattern.error());
        required.push_back(std::move(*pattern));
    }
    settings->policy = std::make_shared<OptionsTlsPolicy>(client.tls, std::move(required));
    dns::ResolverOptions resolver_options;
    resolver_options.server = direct.dns_server;
    resolver_options.trust_anchor_file = direct.dns_anchor;
    resolver_options.timeout = std::min(resolver_options.timeout, client.timeout);
    resolver_options.stop_requested = stop_requested;
    auto resolver = dns::make_resolver(std::move(resolver_options));
    if (!resolver) return tl::unexpected(resolver.error());
    settings->resolver = std::move(*resolver);
    settings->choice = choose_below;
    return std::shared_ptr<const MxSettings>(std::move(settings));
}

}  // namespace

Result<std::unique_ptr<Transports>> make_transports(const SendOptions& options, const Location& server,
                                                    config::Accounts& accounts, TransportObservers observers) {
    auto transports = std::make_unique<RoutedTransports>(
        server, submitter_options(options, options.client, observers.trace), observers.progress);
    bool needs_mx = server.scheme == Scheme::mx;
    for (const std::string& text : options.direct.relays) {
        auto rule = parse_rule(text, accounts);
        if (!rule) return tl::unexpected(rule.error());
        ClientOptions client;
        if (rule->server.scheme == Scheme::mx) {
            needs_mx = true;
        } else {
            auto settled = accounts.destination(rule->server, without_login(options.client));
            if (!settled) return tl::unexpected(settled.error());
            client = std::move(*settled);
        }
        transports->add(std::move(*rule), std::move(client));
    }
    if (needs_mx) {
        auto settings = make_mx_settings(options, observers.trace);
        if (!settings) return tl::unexpected(settings.error());
        transports->set_mx(std::move(*settings));
    }
    return transports;
}

}  // namespace mailpipe::app
