#include "mailpipe/app/serve/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "mailpipe/app/private_file.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/serve/limits/limits_file.hpp"
#include "mailpipe/app/serve/loops.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/net/tls_server.hpp"
#include "mailpipe/smtp/types.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kMaildir = "maildir:";
constexpr std::string_view kMbox = "mbox:";
constexpr std::string_view kUserMark = "%u";
constexpr std::size_t kShortestSrsSecret = 16;
constexpr std::string_view kSubmission = "submission://";
constexpr std::uint16_t kSubmissionPort = 587;
constexpr std::string_view kSubmissions = "submissions://";

bool is_domain(const std::string& text) {
    return smtp::parse_mailbox("x@" + text).has_value();
}

std::string own_host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || !is_domain(name.data())) return "localhost";
    return name.data();
}

// submission:// and submissions:// are smtp:// and smtps:// with other ports and rules.
Result<ListenSocket> parse_submission(const std::string& text) {
    const bool implicit_tls = text.starts_with(kSubmissions);
    const std::string_view rest =
        std::string_view(text).substr(implicit_tls ? kSubmissions.size() : kSubmission.size());
    auto location = parse_location((implicit_tls ? "smtps://" : "smtp://") + std::string(rest));
    if (!location) return tl::unexpected(location.error());
    if (location->port == default_port(Scheme::smtp) && !rest.ends_with(":25"))
        location->port = kSubmissionPort;
    ListenSocket socket{std::move(*location), {}};
    socket.submission = true;
    return socket;
}

Result<ListenSocket> parse_listen(const std::string& text) {
    const std::string option = "--listen " + without_password(text) + ": ";
    Result<ListenSocket> socket;
    if (text.starts_with(kSubmission) || text.starts_with(kSubmissions)) {
        socket = parse_submission(text);
    } else if (auto location = parse_location(text)) {
        socket = ListenSocket{std::move(*location), {}};
    } else {
        socket = tl::unexpected(location.error());
    }
    if (!socket) return fail(Errc::usage, option + socket.error().message);
    switch (socket->location.scheme) {
        case Scheme::smtp:
        case Scheme::smtps:
        case Scheme::pop3:
        case Scheme::pop3s:
        case Scheme::imap:
        case Scheme::imaps:
        case Scheme::lmtp:
            break;
        default:
            return fail(Errc::usage, option +
                                         "smtp://, smtps://, submission://, submissions://, pop3://, pop3s://, "
                                         "imap://, imaps://, lmtp:// or "
                                         "lmtp:PATH is expected");
    }
    if (!socket->location.user.empty() || socket->location.is_ref())
        return fail(Errc::usage, option + "only host and port are expected");
    return socket;
}

Result<void> add_users(const ServeOptions& options, Config& config) {
    for (const auto& user : options.users) {
        if (auto added = config.users.add(user.name, user.password); !added) {
            return fail(Errc::usage, "--user: " + added.error().message);
        }
    }
    config.users_options = options.users_options;
    // Whoever a command lets in has a mailbox from then on.
    if (!options.users_options.user_command.empty()) {
        config.users.also([&config](const std::string& name) {
            return ::access(config.store.path_of(name).c_str(), F_OK) == 0;
        });
    }
    return options.users_file.empty() ? Result<void>{} : config.users.load(options.users_file);
}

Result<void> add_tls(const ServeOptions& options, const Config* first, Config& config) {
    if (options.tls_self_signed && first != nullptr) {
        config.tls = first->tls;
        config.pin_sha256 = first->pin_sha256;
        config.certificate_pem = first->certificate_pem;
    } else if (options.tls_self_signed) {
        auto made = net::make_self_signed_context({config.host_name, "localhost", "127.0.0.1", "::1"});
        if (!made) return tl::unexpected(made.error());
        config.tls = std::move(made->context);
        config.pin_sha256 = std::move(made->pin_sha256);
        config.certificate_pem = std::move(made->certificate_pem);
    } else if (!options.tls_certificates.empty() || !options.tls_keys.empty()) {
        if (options.tls_certificates.size() != options.tls_keys.size())
            return fail(Errc::usage, "each --tls-cert needs a --tls-key, in the same order");
        std::vector<net::KeyPair> pairs;
        for (std::size_t i = 0; i < options.tls_keys.size(); ++i)
            pairs.push_back({options.tls_certificates[i], options.tls_keys[i]});
        auto made = net::make_server_context(pairs);
        if (!made) return tl::unexpected(made.error());
        config.tls = std::move(*made);
    }
    const bool is_kept = first != nullptr && config.tls == first->tls;
    if (const std::string& ca_file = options.users_options.client_ca; !ca_file.empty() && !is_kept) {
        if (!config.tls)
            return fail(Errc::usage,
                        "--tls-client-ca needs TLS: --tls-cert and --tls-key, or --tls-self-signed");
        if (auto asked = net::ask_for_client_certificate(*config.tls, ca_file); !asked) return asked;
    }
    for (const auto& socket : config.sockets) {
        if (config.tls || !socket.location.implicit_tls()) continue;
        return fail(Errc::usage,
                    "--listen " + encode(socket.location) +
                        " needs a TLS certificate: --tls-cert and --tls-key, or --tls-self-signed");
    }
    return {};
}

Result<std::vector<std::string>> lower_domains(const std::string& option,
                                               const std::vector<std::string>& domains) {
    std::vector<std::string> lower;
    for (const auto& domain : domains) {
        if (!is_domain(domain)) return fail(Errc::usage, option + ' ' + domain + ": not a domain name");
        lower.push_back(ascii::to_lower(domain));
    }
    return lower;
}

Result<Aliases> read_aliases(const RoutingOptions& options, AliasScope scope) {
    const std::string& file = options.aliases_file;
    const auto text = read_trusted_file(file, limits::kAliasesFile, file);
    if (!text) return tl::unexpected(text.error());
    auto aliases = Aliases::parse(*text, file, std::move(scope));
    if (!aliases) return aliases;
    // Not at each recipient: it would hold up the loop, and the sandbox lets no other file be read.
    auto read = aliases->read_included(
        [](const std::string& path) { return read_trusted_file(path, limits::kAliasesFile, path); });
    if (!read) return tl::unexpected(read.error());
    return aliases;
}

Result<Srs> read_srs(const std::string& file, const std::string& domain) {
    auto text = read_private_file(file, limits::kPassword, file);
    if (!text) return tl::unexpected(text.error());
    Secret secret{std::string(ascii::trim(*text))};
    wipe(*text);
    if (secret.reveal().size() < kShortestSrsSecret)
        return fail(Errc::config, file + ": a secret of 16 characters or more is expected");
    return Srs(std::move(secret), domain);
}

Result<void> add_routing(const ServeOptions& options, Config& config) {
    Routing routing;
    auto domains = lower_domains("--domain", options.domains);
    if (!domains) return tl::unexpected(domains.error());
    routing.domains = std::move(*domains);
    if (routing.domains.empty()) routing.domains.push_back(ascii::to_lower(config.host_name));
    auto virtual_domains = lower_domains("--virtual-domain", options.routing.virtual_domains);
    if (!virtual_domains) return tl::unexpected(virtual_domains.error());
    routing.virtual_domains = std::move(*virtual_domains);
    routing.detail_separators = options.routing.detail_separators;
    if (!options.routing.aliases_file.empty()) {
        AliasScope scope{routing.domains, routing.detail_separators, config.recipients.exists()};
        auto aliases = read_aliases(options.routing, std::move(scope));
        if (!aliases) return tl::unexpected(aliases.error());
        routing.aliases = std::move(*aliases);
    }
    if (!options.routing.srs_secret_file.empty()) {
        auto srs = read_srs(options.routing.srs_secret_file, routing.domains.front());
        if (!srs) return tl::unexpected(srs.error());
        routing.srs = std::move(*srs);
    }
    config.any_sender = options.routing.any_sender;
    config.recipients.serve(std::move(routing));
    const bool forwards = !options.relay.server.empty();
    if (options.routing.srs_secret_file.empty() || forwards) return config.recipients.check_aliases(forwards);
    return fail(Errc::usage, "--srs-secret is for mail that is forwarded; give --relay-server");
}

Result<void> add_access(const ServeOptions& options, Config& config) {
    config.limits = options.limits;
    if (config.limits.threads == 0) config.limits.threads = default_loops();
    config.metrics_url = options.metrics_url;
    auto proxies = Networks::parse(options.access.proxy_from);
    if (!proxies) return fail(Errc::usage, "--proxy-from: " + proxies.error().message);
    config.proxies = std::move(*proxies);
    auto xclients = Networks::parse(options.access.xclient_from);
    if (!xclients) return fail(Errc::usage, "--xclient-from: " + xclients.error().message);
    config.xclients = std::move(*xclients);
    config.dnsbl_only_adds_field = options.access.dnsbl_only_adds_field;
    config.greeting_delay = options.access.greeting_delay;
    return {};
}

bool changes_user(const Config& config) {
    return config.run_as && config.run_as->changes;
}

Result<void> make_root(const Config& config) {
    const auto missing = missing_directories(config.store.root);
    auto root = store::open_or_create_directory(config.store.root);
    if (!root) return tl::unexpected(root.error());
    return changes_user(config) ? give_directories(missing, *config.run_as) : Result<void>{};
}

// Nobody means the default one: it is in the home of root.
Result<void> make_queue(const Config& config) {
    if (!config.relay || !changes_user(config)) return {};
    const std::string& queue = config.relay->queue.directory;
    if (queue.empty())
        return fail(Errc::usage,
                    "--run-as: --queue-dir is needed, too: without it the queue would be in root's home");
    auto missing = missing_directories(queue + "/messages");
    if (::access((queue + "/tmp").c_str(), F_OK) != 0) missing.push_back(queue + "/tmp");
    auto spool = open_spool(config.relay->queue);
    if (!spool) return tl::unexpected(spool.error());
    return give_directories(missing, *config.run_as);
}

Result<void> check_writable(const std::string& directory, const Config& config) {
    if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
    return fail_errno(errno, directory + (config.run_as ? " as " + config.run_as->name : ""), true);
}

}  // namespace

Result<StoreLayout> parse_store(const std::string& text) {
    StoreLayout layout;
    layout.format = text.starts_with(kMbox) ? store::Format::mbox : store::Format::maildir;
    const std::string_view scheme = layout.format == store::Format::mbox ? kMbox : kMaildir;
    if (!text.starts_with(scheme) || text.size() == scheme.size())
        return fail(Errc::usage, "--store " + text + ": maildir:ROOT/%u or mbox:ROOT/%u is expected");
    std::error_code ignored;
    layout.pattern = std::filesystem::absolute(text.substr(scheme.size()), ignored).lexically_normal().string();
    while (layout.pattern.size() > 1 && layout.pattern.back() == '/')
        layout.pattern.pop_back();
    const std::size_t mark = layout.pattern.find(kUserMark);
    layout.root = mark == std::string::npos
                      ? std::filesystem::path(layout.pattern).parent_path().string()
                      : layout.pattern.substr(0, std::max<std::size_t>(layout.pattern.rfind('/', mark), 1));
    return layout;
}

std::string StoreLayout::path_of(const std::string& user) const {
    std::string path;
    std::string_view rest = pattern;
    for (std::size_t at = rest.find(kUserMark); at != std::string_view::npos; at = rest.find(kUserMark)) {
        path.append(rest.substr(0, at)).append(user);
        rest.remove_prefix(at + kUserMark.size());
    }
    return path.append(rest);
}

namespace {

Result<void> check_sockets(const ServeOptions& options, const Config& config) {
    const bool has_logins =
        !config.users.empty() || !options.users_options.user_command.empty() || options.test.enabled;
    for (const ListenSocket& socket : config.sockets) {
        if ((socket.is_pop3() || socket.is_imap()) && config.store.format != store::Format::maildir)
            return fail(Errc::usage, "--store " + options.store +
                                         ": POP3 and IMAP need a Maildir, whose messages keep their names");
        if (socket.submission && !has_logins)
            return fail(Errc::usage, "submission is for users, and there are none: give --users");
    }
    return {};
}

// `first` is nullptr at the start.
Result<std::unique_ptr<Config>> assemble(const ServeOptions& given, const Config* first) {
    ServeOptions options = given;
    if (!options.limits_file.empty()) {
        if (auto read = read_limits(options); !read) return tl::unexpected(read.error());
    }
    auto config = std::make_unique<Config>();
    config->host_name = first != nullptr            ? first->host_name
                        : options.host_name.empty() ? own_host_name()
                                                    : options.host_name;
    if (!is_domain(config->host_name)) {
        return fail(Errc::usage, "--host-name " + config->host_name + ": not a domain name");
    }
    if (options.store.empty()) return fail(Errc::usage, "no store; give --store, or --test");
    auto layout = parse_store(options.store);
    if (!layout) return tl::unexpected(layout.error());
    config->store = std::move(*layout);
    for (const auto& text : options.listen) {
        auto socket = parse_listen(text);
        if (!socket) return tl::unexpected(socket.error());
        config->sockets.push_back(std::move(*socket));
    }
    if (config->sockets.empty()) return fail(Errc::usage, "nothing to listen on; give --listen, or --test");
    if (auto added = add_users(options, *config); !added) return tl::unexpected(added.error());
    config->pop3 = options.pop3;
    // Without %u all users would share one box.
    if ((config->users.size() != 1 || options.test.enabled) &&
        config->store.pattern.find(kUserMark) == std::string::npos) {
        return fail(Errc::usage, "--store " + options.store +
                                     ": the path needs %u, the user's name, unless there is exactly one user");
    }
    config->delivery = options.delivery;
    if (auto checked = check_sockets(options, *config); !checked) return tl::unexpected(checked.error());
    if (auto added = add_routing(options, *config); !added) return tl::unexpected(added.error());
    if (options.test.enabled) {
        config->anybody = std::make_unique<Anybody>(config->store);
        config->any_sender = true;
        config->recipients.take_all(config->anybody.get());
        if (config->users.size() == 0) config->users.accept_anybody(config->anybody.get());
    }
    if (auto added = add_tls(options, first, *config); !added) return tl::unexpected(added.error());
    config->max_message_size = options.max_message_size == 0 ? limits::kMessageSize : options.max_message_size;
    config->timeout = std::chrono::seconds(options.timeout_seconds);
    config->trace = options.common.trace;
    if (auto added = add_access(options, *config); !added) return tl::unexpected(added.error());
    if (config->limits.threads == 0) config->limits.threads = default_loops();
    config->test = options.test.mode.get();
    if (first != nullptr) {
        config->run_as = first->run_as;
    } else if (!options.run_as.empty()) {
        auto user = find_run_as(options.run_as);
        if (!user) return tl::unexpected(user.error());
        config->run_as = std::move(*user);
    }
    if (!options.relay.server.empty()) {
        config->relay = options.relay;
        if (config->relay->helo_name.empty()) config->relay->helo_name = config->host_name;
    }
    return config;
}

}  // namespace

Result<std::unique_ptr<Config>> make_config(const ServeOptions& options) {
    auto config = assemble(options, nullptr);
    if (!config) return config;
    if (auto made = make_root(**config); !made) return tl::unexpected(made.error());
    if (auto made = make_queue(**config); !made) return tl::unexpected(made.error());
    return config;
}

Result<std::unique_ptr<Config>> remake_config(const ServeOptions& options, const Config& first) {
    return assemble(options, &first);
}

Result<void> check_store(const Config& config) {
    auto checked = check_writable(config.store.root, config);
    if (!checked || !config.relay) return checked;
    const auto queue = queue_directory(config.relay->queue);
    return queue ? check_writable(*queue + "/messages", config) : tl::unexpected(queue.error());
}

}  // namespace mailpipe::app::serve
