#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "mailpipe/app/serve/connection.hpp"
#include "mailpipe/wire/session.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {

// A connection that drives a server session of some protocol (wire/session.hpp).
template <class Session, class SessionOptions>
class SessionConnection : public Connection {
 public:
    using Connection::Connection;

    asio::awaitable<void> run() override {
        if (socket_.location.implicit_tls()) {
            const bool started = co_await start_tls();
            if (!started) co_return;
        }
        SessionOptions options = session_options();
        options.host_name = context_.config.host_name;
        options.tls_available = context_.config.tls != nullptr;
        options.tls_active = on_tls();
        options.trace = context_.config.trace ? &context_.trace : nullptr;
        session_.emplace(std::move(options));
        if (stopping_) session_->shut_down();
        bool going = true;
        while (going) {
            Step step = session_->next();
            going = co_await take(step);
        }
        release();
        co_await stream_->close();
    }

    void stop() override {
        stopping_ = true;
        if (session_) session_->shut_down();
        if (may_cancel()) cancel();
    }

 protected:
    using Step = decltype(std::declval<Session&>().next());

    // What is the protocol's own of them.
    virtual SessionOptions session_options() = 0;
    // An event of the protocol. false: the connection is over.
    virtual asio::awaitable<bool> handle(Step& step) = 0;
    // No octet came. false: the connection is over, and that is reported.
    virtual bool handle_silence(const Error& error) = 0;
    virtual Clock::time_point read_deadline() const { return progress_ + context_.config.timeout; }
    // Whether what the peer is sending may be given up when the server ends.
    virtual bool may_cancel() const { return true; }
    // What is held for the session, before the peer is waited for a last time.
    virtual void release() {}

    std::optional<Session> session_;
    Clock::time_point progress_ = Clock::now();  // the last reply or event

 private:
    asio::awaitable<bool> take(Step& step) {
        if (std::holds_alternative<wire::NeedInput>(step)) co_return co_await read_input();
        progress_ = Clock::now();
        if (auto* output = std::get_if<wire::Output>(&step)) {
            std::string octets = std::move(output->octets);
            co_return co_await write(std::move(octets));
        }
        if (auto* failed = std::get_if<wire::Failed>(&step)) {
            // The end of the server is no error of the peer's.
            if (!stopping_) report(failed->error);
            co_return false;
        }
        if (!std::holds_alternative<wire::StartTls>(step)) co_return co_await handle(step);
        const bool started = co_await start_tls();
        if (started) session_->tls_started();
        co_return started;
    }

    asio::awaitable<bool> read_input() {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(read_deadline() - Clock::now());
        const auto timeout = std::max(left, std::chrono::milliseconds(0));
        Result<std::string_view> octets = co_await stream_->read(timeout);
        if (octets) {
            octets->empty() ? session_->feed_eof() : session_->feed(*octets);
            co_return true;
        }
        const bool going = handle_silence(octets.error());
        if (!going) report(octets.error());
        co_return going;
    }

    bool stopping_ = false;
};

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
