#include "mailpipe/app/serve/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <utility>

#include "mailpipe/app/service_notify.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/smtp/types.hpp"

// Behind the configuration.
#include <asio/dispatch.hpp>

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kTurningAway = 100;
constexpr std::size_t kConnectionsExpected = ServeLimitsOptions{}.max_connections;
constexpr rlim_t kDescriptorsReserved = 450;  // the store's, TLS files, events
constexpr rlim_t kDescriptorsWanted = 6;      // of a connection: socket, spool, maildrop
constexpr std::chrono::seconds kTurnAwayTimeout{2};
constexpr std::chrono::seconds kGrace{8};        // for a message in flight, after SIGTERM
constexpr std::chrono::seconds kLastReplies{2};  // then for the last reply

// As many as are wanted, where the limit on descriptors allows it; the limit is raised as far as it can be. Most
// connections have one descriptor only: two of them must do with three. It is raised for some more than are wanted, since
// the sandbox will not let it be raised at a reload.
std::size_t possible_connections(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    const rlim_t plenty = kDescriptorsReserved + std::max(wanted, kConnectionsExpected) * kDescriptorsWanted;
    if (limit.rlim_cur < plenty) {
        limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, plenty);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    const rlim_t usable = limit.rlim_cur > kDescriptorsReserved ? limit.rlim_cur - kDescriptorsReserved : 0;
    return std::clamp<std::size_t>(usable * 2 / 3, 10, wanted);
}

std::int64_t monotonic_microseconds() {
    const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count();
}

std::string url_of(const ListenSocket& socket, const net::Listener& listener) {
    if (!socket.location.path.empty()) return "lmtp:" + encode_percent(socket.location.path, "/");
    const std::string_view scheme = !socket.submission               ? scheme_name(socket.location.scheme)
                                    : socket.location.implicit_tls() ? "submissions"
                                                                     : "submission";
    return std::string(scheme) + "://" + listener.address();
}

// Or takes what the service manager has bound there, out of `inherited`.
Result<std::unique_ptr<net::Listener>> bind(const asio::any_io_executor& executor, const Location& location,
                                            std::vector<net::InheritedSocket>& inherited) {
    std::error_code ignored;
    const auto path = std::filesystem::absolute(location.path, ignored);
    const auto found = std::find_if(
        inherited.begin(), inherited.end(), [&location, &path](const net::InheritedSocket& socket) {
            return location.path.empty() ? net::is_bound_to(socket, location.host, location.port)
                                         : path == socket.path;
        });
    if (found != inherited.end()) {
        auto listener = net::Listener::inherited(executor, std::move(*found));
        inherited.erase(found);
        return listener;
    }
    return location.path.empty() ? net::Listener::tcp(executor, location.host, location.port)
                                 : net::Listener::unix_socket(executor, location.path, 0666);
}

// An address that this host does not have may be there at the next try.
tl::unexpected<Error> cannot_bind(Error error) {
    if (error.kind == Errc::unavailable) error.kind = Errc::temporary;
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace

Server::Server(Loops& loops, Shared& shared, Remake remake)
    : loops_(loops),
      shared_(shared),
      config_(shared.config.get()),
      remake_(std::move(remake)),
      signals_(loops.first().io, SIGTERM, SIGINT),
      reloads_(loops.first().io, SIGHUP),
      grace_(loops.first().io),
      max_connections_(possible_connections(config_->limits.max_connections)) {}

Result<void> Server::listen() {
    const asio::any_io_executor executor = loops_.first().io.get_executor();
    auto inherited = net::take_inherited_sockets();
    if (!inherited) return tl::unexpected(inherited.error());
    for (const auto& socket : config_->sockets) {
        auto listener = bind(executor, socket.location, *inherited);
        if (!listener) return cannot_bind(listener.error());
        auto bound = std::make_unique<Bound>(Bound{socket, std::move(*listener)});
        bound->socket.url = url_of(socket, *bound->listener);
        sockets_.push_back(std::move(bound));
    }
    if (!inherited->empty()) {
        const net::InheritedSocket& left = inherited->front();
        return fail(Errc::config,
                    "LISTEN_FDS: " + (left.path.empty() ? left.local.name : left.path) + " is in no --listen");
    }
    if (config_->metrics_url.empty()) return {};
    auto metrics = MetricsServer::listen(executor, config_->metrics_url);
    if (!metrics) return cannot_bind(metrics.error());
    metrics_ = std::move(*metrics);
    return {};
}

void Server::announce() {
    for (const auto& bound : sockets_) {
        Json json = make_event("listening");
        json["url"] = bound->socket.url;
        // A Unix socket has no TLS that anybody would pin.
        if (!config_->pin_sha256.empty() && bound->socket.location.path.empty())
            json["pinSha256"] = config_->pin_sha256;
        shared_.events.write(json);
    }
    if (metrics_) {
        Json json = make_event("listening");
        json["url"] = metrics_->url();
        shared_.events.write(json);
    }
    shared_.events.write(make_event("ready"));
    notify_service("READY=1");
}

void Server::run() {
    asio::io_context& io = loops_.first().io;
    asio::co_spawn(io, await_signals(), asio::detached);
    asio::co_spawn(io, await_reloads(), asio::detached);
    for (const auto& bound : sockets_)
        asio::co_spawn(io, accept_from(*bound), asio::detached);
    if (metrics_) metrics_->serve([this] { return metrics_text(); });
    announce();
    loops_.run();
}

asio::awaitable<void> Server::accept_from(Bound& bound) {
    while (!stopping_) {
        Result<net::Accepted> accepted = co_await bound.listener->accept();
        if (accepted) {
            admit(bound, std::move(*accepted));
            continue;
        }
        if (stopping_) co_return;
        Json json = make_event("error");
        json["kind"] = kind_name(accepted.error().kind);
        json["message"] = accepted.error().message;
        shared_.events.write(json);
        shared_.diagnostics.error(bound.socket.url, accepted.error());
        // A socket that is broken stays so: better to end and be started again than to serve a part.
        stop();
    }
}

void Server::admit(Bound& bound, net::Accepted accepted) {
    const std::uint64_t number = ++connection_number_;
    Json json = make_event("connection");
    json["connection"] = number;
    json["url"] = bound.socket.url;
    json["peer"] = accepted.peer.name;
    shared_.events.write(json);
    if (open_ >= max_connections_) {
        Json refused = make_event("error");
        refused["connection"] = number;
        refused["kind"] = kind_name(Errc::limit);
        refused["message"] = "more than " + std::to_string(max_connections_) + " connections";
        shared_.events.write(refused);
        // Inside of a TLS socket nothing can be said before the handshake.
        if (bound.socket.location.implicit_tls() || turning_away_ >= kTurningAway) return;
        const smtp::Reply reply{
            421, "4.3.2", {config_->host_name + " has too many connections; try again later"}};
        std::string octets = bound.socket.is_pop3()   ? "-ERR [SYS/TEMP] Too many connections\r\n"
                             : bound.socket.is_imap() ? "* BYE [UNAVAILABLE] Too many connections\r\n"
                                                      : smtp::encode_reply(reply, true);
        asio::co_spawn(loops_.first().io, turn_away(std::move(accepted), std::move(octets)), asio::detached);
        return;
    }
    ++open_;
    judge_stress();
    Loop& loop = loops_.least_loaded();
    ++loop.load;
    asio::dispatch(loop.io, [this, &loop, &socket = bound.socket, accepted = std::move(accepted),
                             number]() mutable { serve(loop, socket, std::move(accepted), number); });
}

void Server::serve(Loop& loop, const ListenSocket& socket, net::Accepted accepted, std::uint64_t number) {
    auto stream = std::make_unique<net::ServerStream>(loop.io.get_executor(), accepted.socket.release(),
                                                      std::move(accepted.peer));
    auto connection = make_connection(Context(shared_), socket, std::move(stream), number);
    loop.connections.insert(connection);
    if (loop.stopping) connection->stop();
    connection->serve(
        [this, &loop](Connection& ended, std::exception_ptr bug) { one_has_ended(loop, ended, bug); });
}

asio::awaitable<void> Server::turn_away(net::Accepted accepted, std::string octets) {
    ++turning_away_;
    net::ServerStream stream(loops_.first().io.get_executor(), accepted.socket.release(),
                             std::move(accepted.peer));
    Result<void> written = co_await stream.write(std::string_view(octets), kTurnAwayTimeout);
    if (written) co_await stream.close();
    --turning_away_;
}

asio::awaitable<void> Server::await_signals() {
    asio::error_code error;
    co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    stop();
    if (open_ == 0) co_return;
    co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!error) tell_all([](Connection& connection) { connection.abort(); });
}

// Connections keep what they began with.
asio::awaitable<void> Server::await_reloads() {
    while (true) {
        asio::error_code error;
        co_await reloads_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        notify_service("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
        std::function<Result<std::shared_ptr<const Config>>()> work = remake_;
        auto config =
            co_await in_background<Result<std::shared_ptr<const Config>>>(shared_.background, std::move(work));
        Json json = make_event("reload");
        json["ok"] = config.has_value();
        if (config) {
            max_connections_ = possible_connections((*config)->limits.max_connections);
            shared_.config.set(std::move(*config));
            judge_stress();
        } else {
            json["message"] = config.error().message;
            shared_.diagnostics.note("", config.error().message + "; what was read before stays");
        }
        shared_.events.write(json);
        if (!stopping_) notify_service("READY=1");
    }
}

asio::awaitable<std::string> Server::metrics_text() {
    Gauges gauges;
    gauges.connections = open_;
    gauges.max_connections = max_connections_;
    gauges.stress = shared_.admission.under_stress();
    gauges.background_jobs = shared_.background.waiting();
    gauges.spool_octets = shared_.spool_budget.used;
    if (shared_.relay_spool != nullptr) {
        std::function<std::uint64_t()> work = [spool = shared_.relay_spool] {
            std::uint64_t count = 0;
            (void)spool->scan([&count](const queue::Entry&) { ++count; });
            return count;
        };
        gauges.queue_messages = co_await in_background<std::uint64_t>(shared_.background, std::move(work));
    }
    co_return shared_.metrics.encode(gauges);
}

void Server::tell_all(void (*what)(Connection&)) {
    for (const auto& loop : loops_.all()) {
        asio::post(loop->io, [loop = loop.get(), what] {
            for (const auto& connection : loop->connections)
                what(*connection);
        });
    }
}

void Server::stop() {
    if (stopping_.exchange(true)) return;
    notify_service("STOPPING=1");
    reloads_.cancel();
    if (metrics_) metrics_->close();
    for (const auto& bound : sockets_)
        bound->listener->close();
    for (const auto& loop : loops_.all())
        asio::post(loop->io, [loop = loop.get()] { loop->stopping = true; });
    tell_all([](Connection& connection) { connection.stop(); });
    asio::co_spawn(loops_.first().io, end_in_time(), asio::detached);
    finish_when_idle();
}

asio::awaitable<void> Server::end_in_time() {
    if (open_ == 0) co_return;
    asio::error_code error;
    grace_.expires_after(kGrace);
    co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    tell_all([](Connection& connection) { connection.cancel(); });
    grace_.expires_after(kLastReplies);
    co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!error) tell_all([](Connection& connection) { connection.abort(); });
}

void Server::judge_stress() {
    // Again where somebody else has judged by another number meanwhile.
    for (bool stress = false; (stress = open_ * 5 > max_connections_ * 4) != shared_.admission.under_stress();)
        shared_.admission.set_stress(stress);
}

void Server::one_has_ended(Loop& loop, Connection& connection, std::exception_ptr bug) {
    try {
        if (bug) std::rethrow_exception(bug);
    } catch (const std::exception& exception) {
        // One peer's misfortune is not the others'.
        Json json = make_event("error");
        json["kind"] = "bug";
        json["message"] = exception.what();
        shared_.events.write(json);
        shared_.diagnostics.note("", std::string("bug: ") + exception.what());
    }
    loop.connections.erase(connection.shared_from_this());
    --loop.load;
    --open_;
    judge_stress();
    if (stopping_) asio::post(loops_.first().io, [this] { finish_when_idle(); });
}

void Server::finish_when_idle() {
    if (!stopping_ || open_ > 0) return;
    grace_.cancel();
    signals_.cancel();
    loops_.finish();
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
