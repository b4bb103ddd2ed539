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
inline constexpr std::chrono::minutes kUnsettled{15};  // in all, for who is not settled
inline constexpr std::chrono::seconds kStressed{
    10};  // idle, for who is not settled while most connections are taken
inline constexpr std::chrono::seconds kSlice{5};  // of a wait, after which its deadline is looked at again

template <class Session, class SessionOptions>
class SessionConnection : public Connection {
 public:
    using Connection::Connection;

    asio::awaitable<void> run() override {
        const bool arrived = co_await arrive();
        if (!arrived) co_return;
        const bool may_begin = co_await accepted();
        if (!may_begin) co_return;
        if (socket_.location.implicit_tls()) {
            const bool started = co_await start_tls();
            if (!started) co_return;
        }
        SessionOptions options = session_options();
        options.host_name = context_.config.host_name;
        options.tls_available = context_.config.tls != nullptr;
        options.tls_active = on_tls();
        options.sasl = sasl_settings();
        options.trace = tracer();
        session_.emplace(std::move(options));
        if (stopping_) session_->shut_down();
        bool going = true;
        while (going) {
            Step step = session_->next();
            // Past take(), whose frame would be held as long as the peer says nothing.
            if (std::holds_alternative<wire::NeedInput>(step) && !has_news()) {
                going = co_await read_input();
            } else {
                going = co_await take(step);
            }
        }
        release();
        co_await stream_->close();
    }

    void stop() override {
        stopping_ = true;
        if (session_) session_->shut_down();
        if (may_cancel()) cancel();
        end_pauses();
    }

 protected:
    using Step = decltype(std::declval<Session&>().next());

    // What is the protocol's own of them.
    virtual SessionOptions session_options() = 0;
    // An event of the protocol. false: the connection is over.
    virtual asio::awaitable<bool> handle(Step& step) = 0;
    // No octet came. false: the connection is over, and that is reported.
    virtual bool handle_silence(const Error& error) = 0;
    // Whether the peer has proved to be worth waiting for: it has logged in, or does what the server is here for.
    virtual bool settled() const = 0;
    virtual std::chrono::milliseconds patience_before_settled() const { return context_.config.timeout; }
    // Of a command, as a whole.
    virtual Clock::time_point read_deadline() const {
        if (settled()) return progress_ + context_.config.timeout;
        auto patience = patience_before_settled();
        if (context_.admission.under_stress())
            patience = std::min<std::chrono::milliseconds>(patience, kStressed);
        return std::min(progress_ + patience, settled_ + kUnsettled);
    }
    // Whether what the peer is sending may be given up when the server ends.
    virtual bool may_cancel() const { return true; }
    // What the session tells of each line. The tally counts replies by their code.
    virtual Trace* tracer() { return &tally_; }
    // Before the peer is waited for: whether there is something to do first, and doing it. false: the connection is over.
    virtual bool has_news() const { return false; }
    virtual asio::awaitable<bool> tell_news() { co_return true; }
    // What is held for the session, before the peer is waited for a last time.
    virtual void release() {}

    std::optional<Session> session_;
    Clock::time_point progress_ = Clock::now();  // the last reply or event
    Clock::time_point settled_ = Clock::now();   // when settled() was last known to be true, or the start

 private:
    asio::awaitable<bool> take(Step& step) {
        if (std::holds_alternative<wire::NeedInput>(step)) co_return co_await tell_news();
        progress_ = Clock::now();
        if (auto* output = std::get_if<wire::Output>(&step)) {
            if (asked_) context_.metrics.reply_time(Clock::now() - *std::exchange(asked_, std::nullopt));
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
        if (started) session_->tls_started(sasl_tls());
        co_return started;
    }

    asio::awaitable<bool> read_input() {
        using std::chrono::milliseconds;
        const auto left = std::chrono::ceil<milliseconds>(read_deadline() - Clock::now());
        const milliseconds slice = settled() ? left : std::min<milliseconds>(left, kSlice);
        Result<std::string_view> octets = co_await read(std::max(slice, milliseconds(0)));
        // Stress may have come meanwhile, and the deadline with it.
        const bool waits = !octets && octets.error().kind == Errc::temporary && !stream_->cancelled();
        if (waits && Clock::now() < read_deadline()) co_return true;
        if (octets) {
            asked_ = Clock::now();
            octets->empty() ? session_->feed_eof() : session_->feed(*octets);
            co_return true;
        }
        if (ended_by_fault()) co_return false;
        const bool going = handle_silence(octets.error());
        if (!going) report(octets.error());
        co_return going;
    }

    ReplyTally tally_{context_.metrics, context_.config.trace ? &context_.trace : nullptr};
    std::optional<Clock::time_point> asked_;  // when the last octets came that are not answered yet
    bool stopping_ = false;
};

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
