#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "mailpipe/app/serve/connection.hpp"
#include "mailpipe/app/serve/loops.hpp"
#include "mailpipe/app/serve/metrics/metrics_server.hpp"
#include "mailpipe/net/listener.hpp"

namespace mailpipe::app::serve {

// The sockets and the connections of one run. The first loop accepts and keeps the books; a connection lives on one of
// the loops from its first octet to its last.
class Server {
 public:
    // What SIGHUP asks for: the configuration made anew.
    using Remake = std::function<Result<std::shared_ptr<const Config>>()>;

    // `remake` is called in the background. What is given must outlive it.
    Server(Loops& loops, Shared& shared, Remake remake);

    // Binds all sockets. Errors: temporary for an address in use, cannot_create, no_host, io.
    Result<void> listen();
    // Writes the listening and ready events and serves until SIGTERM or SIGINT; then finishes what is in
    // flight, and cuts off after a grace time what does not end. A second signal cuts off at once.
    void run();

 private:
    struct Bound {
        ListenSocket socket;
        std::unique_ptr<net::Listener> listener;
    };

    void announce();
    asio::awaitable<void> accept_from(Bound& bound);
    void admit(Bound& bound, net::Accepted accepted);
    asio::awaitable<void> turn_away(net::Accepted accepted, std::string octets);
    asio::awaitable<void> await_signals();
    asio::awaitable<void> await_reloads();
    asio::awaitable<void> end_in_time();
    void stop();
    // On the threads of their loops.
    void serve(Loop& loop, const ListenSocket& socket, net::Accepted accepted, std::uint64_t number);
    void tell_all(void (*what)(Connection&));
    void one_has_ended(Loop& loop, Connection& connection, std::exception_ptr bug);
    void judge_stress();
    asio::awaitable<std::string> metrics_text();
    void finish_when_idle();

    Loops& loops_;
    Shared& shared_;
    const std::shared_ptr<const Config> config_;  // of the start
    std::vector<std::unique_ptr<Bound>> sockets_;
    std::unique_ptr<MetricsServer> metrics_;  // or none
    Remake remake_;
    asio::signal_set signals_;
    asio::signal_set reloads_;
    asio::steady_timer grace_;
    std::atomic<std::size_t> max_connections_;
    // Connections. Counted where they end, so that none wakes the first loop by its end but the last ones of a server that stops.
    std::atomic<std::size_t> open_ = 0;
    std::atomic<bool> stopping_ = false;
    // Of the first loop's thread.
    std::size_t turning_away_ = 0;
    std::uint64_t connection_number_ = 0;
};

}  // namespace mailpipe::app::serve
