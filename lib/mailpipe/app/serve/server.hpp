#pragma once

#include <memory>
#include <set>
#include <vector>

#include "mailpipe/app/serve/connection.hpp"
#include "mailpipe/net/listener.hpp"

namespace mailpipe::app::serve {

// The sockets and the connections of one run, all on the thread of the io_context.
class Server {
 public:
    // `config` and `context` must outlive it.
    Server(asio::io_context& io, Config& config, Context& context);

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
    void admit(Bound& bound, std::unique_ptr<net::ServerStream> stream);
    asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
    asio::awaitable<void> turn_away(std::unique_ptr<net::ServerStream> stream, std::string octets);
    asio::awaitable<void> await_signals();
    asio::awaitable<void> end_in_time();
    void stop();
    void abort_all();
    void finish_when_idle();

    asio::io_context& io_;
    Config& config_;
    Context& context_;
    std::vector<std::unique_ptr<Bound>> sockets_;
    std::set<std::shared_ptr<Connection>> connections_;
    asio::signal_set signals_;
    asio::steady_timer grace_;
    std::size_t max_connections_;
    std::size_t turning_away_ = 0;
    std::uint64_t connection_number_ = 0;
    bool stopping_ = false;
};

}  // namespace mailpipe::app::serve
