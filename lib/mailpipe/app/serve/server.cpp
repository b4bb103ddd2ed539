#include "mailpipe/app/serve/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/smtp/types.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kConnections = 1000;
constexpr std::size_t kTurningAway = 100;
constexpr std::size_t kDescriptorsReserved = 450;     // the store's, TLS files, events
constexpr std::size_t kDescriptorsPerConnection = 6;  // socket, spool, maildrop
constexpr std::chrono::seconds kTurnAwayTimeout{2};
constexpr std::chrono::seconds kGrace{8};        // for a message in flight, after SIGTERM
constexpr std::chrono::seconds kLastReplies{2};  // then for the last reply

std::size_t max_connections() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kConnections;
    const rlim_t wanted = kDescriptorsReserved + kConnections * kDescriptorsPerConnection;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    const std::size_t usable =
        limit.rlim_cur > kDescriptorsReserved ? limit.rlim_cur - kDescriptorsReserved : 0;
    return std::clamp<std::size_t>(usable / kDescriptorsPerConnection, 10, kConnections);
}

std::string url_of(const ListenSocket& socket, const net::Listener& listener) {
    if (!socket.location.path.empty()) return "lmtp:" + encode_percent(socket.location.path, "/");
    return std::string(scheme_name(socket.location.scheme)) + "://" + listener.address();
}

}  // namespace

Server::Server(asio::io_context& io, Config& config, Context& context)
    : io_(io),
      config_(config),
      context_(context),
      signals_(io, SIGTERM, SIGINT),
      grace_(io),
      max_connections_(max_connections()) {}

Result<void> Server::listen() {
    for (const auto& socket : config_.sockets) {
        const Location& location = socket.location;
        auto listener = location.path.empty()
                            ? net::Listener::tcp(io_.get_executor(), location.host, location.port)
                            : net::Listener::unix_socket(io_.get_executor(), location.path, 0666);
        if (!listener) {
            Error error = listener.error();
            // An address in use may be free at the next try.
            if (error.kind == Errc::unavailable) error.kind = Errc::temporary;
            return tl::unexpected(std::move(error));
        }
        auto bound = std::make_unique<Bound>(Bound{socket, std::move(*listener)});
        bound->socket.url = url_of(socket, *bound->listener);
        sockets_.push_back(std::move(bound));
    }
    return {};
}

void Server::announce() {
    for (const auto& bound : sockets_) {
        Json json = make_event("listening");
        json["url"] = bound->socket.url;
        // A Unix socket has no TLS that anybody would pin.
        if (!config_.pin_sha256.empty() && bound->socket.location.path.empty())
            json["pinSha256"] = config_.pin_sha256;
        context_.events.write(json);
    }
    context_.events.write(make_event("ready"));
}

void Server::run() {
    asio::co_spawn(io_, await_signals(), asio::detached);
    for (const auto& bound : sockets_)
        asio::co_spawn(io_, accept_from(*bound), asio::detached);
    announce();
    io_.run();
}

asio::awaitable<void> Server::accept_from(Bound& bound) {
    while (!stopping_) {
        Result<std::unique_ptr<net::ServerStream>> stream = co_await bound.listener->accept();
        if (stream) {
            admit(bound, std::move(*stream));
            continue;
        }
        if (stopping_) co_return;
        Json json = make_event("error");
        json["kind"] = kind_name(stream.error().kind);
        json["message"] = stream.error().message;
        context_.events.write(json);
        context_.diagnostics.error(bound.socket.url, stream.error());
        // A socket that is broken stays so: better to end and be started again than to serve a part.
        stop();
    }
}

void Server::admit(Bound& bound, std::unique_ptr<net::ServerStream> stream) {
    const std::uint64_t number = ++connection_number_;
    Json json = make_event("connection");
    json["connection"] = number;
    json["url"] = bound.socket.url;
    json["peer"] = stream->peer().name;
    context_.events.write(json);
    if (connections_.size() >= max_connections_) {
        Json refused = make_event("error");
        refused["connection"] = number;
        refused["kind"] = kind_name(Errc::limit);
        refused["message"] = "more than " + std::to_string(max_connections_) + " connections";
        context_.events.write(refused);
        // Inside of a TLS socket nothing can be said before the handshake.
        if (bound.socket.location.implicit_tls() || turning_away_ >= kTurningAway) return;
        const smtp::Reply reply{
            421, "4.3.2", {config_.host_name + " has too many connections; try again later"}};
        std::string octets = bound.socket.is_pop3() ? "-ERR [SYS/TEMP] Too many connections\r\n"
                                                    : smtp::encode_reply(reply, true);
        asio::co_spawn(io_, turn_away(std::move(stream), std::move(octets)), asio::detached);
        return;
    }
    auto connection = bound.socket.is_pop3()
                          ? make_pop3_connection(context_, bound.socket, std::move(stream), number)
                          : make_smtp_connection(context_, bound.socket, std::move(stream), number);
    connections_.insert(connection);
    asio::co_spawn(io_, serve(std::move(connection)), asio::detached);
}

asio::awaitable<void> Server::serve(std::shared_ptr<Connection> connection) {
    try {
        co_await connection->run();
    } catch (const std::exception& bug) {
        // One peer's misfortune is not the others'.
        Json json = make_event("error");
        json["kind"] = "bug";
        json["message"] = bug.what();
        context_.events.write(json);
        context_.diagnostics.note("", std::string("bug: ") + bug.what());
    }
    connections_.erase(connection);
    connection.reset();
    finish_when_idle();
}

asio::awaitable<void> Server::turn_away(std::unique_ptr<net::ServerStream> stream, std::string octets) {
    ++turning_away_;
    Result<void> written = co_await stream->write(std::string_view(octets), kTurnAwayTimeout);
    if (written) co_await stream->close();
    --turning_away_;
}

asio::awaitable<void> Server::await_signals() {
    asio::error_code error;
    co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    stop();
    if (connections_.empty()) co_return;
    co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!error) abort_all();
}

void Server::stop() {
    if (std::exchange(stopping_, true)) return;
    for (const auto& bound : sockets_)
        bound->listener->close();
    for (const auto& connection : connections_)
        connection->stop();
    asio::co_spawn(io_, end_in_time(), asio::detached);
    finish_when_idle();
}

asio::awaitable<void> Server::end_in_time() {
    if (connections_.empty()) co_return;
    asio::error_code error;
    grace_.expires_after(kGrace);
    co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    for (const auto& connection : connections_)
        connection->cancel();
    grace_.expires_after(kLastReplies);
    co_await grace_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!error) abort_all();
}

void Server::abort_all() {
    for (const auto& connection : connections_)
        connection->abort();
}

void Server::finish_when_idle() {
    if (!stopping_ || !connections_.empty()) return;
    grace_.cancel();
    signals_.cancel();
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
