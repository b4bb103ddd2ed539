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
inline constexpr std::chrono::seconds kSlice{5};       // of a wait, after which its deadline is looked at again
inline constexpr std::size_t kWrittenNow = 64U << 10;  // octets; more are written piece by piece

template <class Session, class SessionOptions>
class SessionConnection : public Connection {
 public:
    using Connection::Connection;

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
    // The same where nothing has to be waited for, and so no coroutine begun; false: handle() is to see to it.
    virtual bool handle_now(Step& /*step*/) { return false; }
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
    // What has_news() means. false: the connection is over.
    virtual asio::awaitable<bool> tell_news() { co_return true; }
    // What is held for the session, before the peer is waited for a last time.
    virtual void release() {}

    std::optional<Session> session_;
    Clock::time_point progress_ = Clock::now();  // the last reply or event
    Clock::time_point settled_ = Clock::now();   // when settled() was last known to be true, or the start

 private:
    enum class Turn { waits, later, over };

    asio::awaitable<bool> run() override {
        const bool arrived = co_await arrive();
        if (!arrived) co_return false;
        const bool may_begin = co_await accepted();
        if (!may_begin) co_return false;
        if (socket_.location.implicit_tls()) {
            const bool started = co_await start_tls();
            if (!started) co_return false;
        }
        SessionOptions options = session_options();
        options.host_name = context_.config.host_name;
        options.tls_available = context_.config.tls != nullptr;
        options.tls_active = on_tls();
        options.sasl = sasl_settings();
        options.trace = tracer();
        session_.emplace(std::move(options));
        if (stopping_) session_->shut_down();
        Step step;
        const Turn turn = drive(step);
        const bool waits = co_await go_on(turn, std::move(step));
        co_return waits;
    }

    std::optional<asio::awaitable<bool>> resume(Result<void> woken) override {
        Step step;
        Turn turn = Turn::over;
        if (woken || heed_silence(woken.error())) turn = drive(step);
        if (turn == Turn::waits) return std::nullopt;
        return go_on(turn, std::move(step));
    }

    asio::awaitable<bool> go_on(Turn turn, Step step) {
        while (turn == Turn::later) {
            const bool going = co_await take(step);
            turn = going ? drive(step) : Turn::over;
        }
        if (turn == Turn::waits) co_return true;
        release();
        co_await stream_->close();
        co_return false;
    }

    // All that needs no coroutine. later: but what `step` says, or writing what is unsent.
    Turn drive(Step& step) {
        while (true) {
            step = session_->next();
            const bool needs_input = std::holds_alternative<wire::NeedInput>(step);
            if (!needs_input) progress_ = Clock::now();
            if (tapped_ || (needs_input && has_news())) return Turn::later;
            if (needs_input) {
                const Result<std::optional<std::string_view>> octets = stream_->read_now();
                if (octets && !*octets) return stream_->unsent() ? Turn::later : Turn::waits;
                if (octets) feed(**octets);
                if (!octets && !heed_silence(octets.error())) return Turn::over;
            } else if (auto* output = std::get_if<wire::Output>(&step)) {
                if (output->octets.size() > kWrittenNow) return Turn::later;
                note_reply();
                if (const Result<void> written = stream_->write_now(output->octets); !written) {
                    report(written.error());
                    return Turn::over;
                }
                output->octets.clear();
                if (stream_->unsent()) return Turn::later;
            } else if (!handle_now(step)) {
                return Turn::later;
            }
        }
    }

    asio::awaitable<bool> take(Step& step) {
        if (stream_->unsent()) {
            Result<void> written = co_await stream_->write_unsent(context_.config.timeout);
            if (!written) report(written.error());
            co_return written.has_value();
        }
        if (std::holds_alternative<wire::NeedInput>(step)) {
            if (has_news()) co_return co_await tell_news();
            co_return co_await read_input();
        }
        if (auto* output = std::get_if<wire::Output>(&step)) {
            note_reply();
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

    void note_reply() {
        if (asked_) context_.metrics.reply_time(Clock::now() - *std::exchange(asked_, std::nullopt));
    }

    void feed(std::string_view octets) {
        asked_ = Clock::now();
        octets.empty() ? session_->feed_eof() : session_->feed(octets);
    }

    std::chrono::milliseconds patience() const override {
        using std::chrono::milliseconds;
        const auto left = std::chrono::ceil<milliseconds>(read_deadline() - Clock::now());
        const milliseconds slice = settled() ? left : std::min<milliseconds>(left, kSlice);
        return std::max(slice, milliseconds(0));
    }

    // Nothing is read because of `error`. false: the connection is over.
    bool heed_silence(const Error& error) {
        // Stress may have come meanwhile, and the deadline with it.
        const bool waits = error.kind == Errc::temporary && !stream_->cancelled();
        if (waits && Clock::now() < read_deadline()) return true;
        if (ended_by_fault()) return false;
        const bool going = handle_silence(error);
        if (!going) report(error);
        return going;
    }

    // In test mode, where octets may come late.
    asio::awaitable<bool> read_input() {
        Result<std::string_view> octets = co_await read(patience());
        if (octets) feed(*octets);
        co_return octets || heed_silence(octets.error());
    }

    ReplyTally tally_{context_.metrics, context_.config.trace ? &context_.trace : nullptr};
    std::optional<Clock::time_point> asked_;  // when the last octets came that are not answered yet
    bool stopping_ = false;
};

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
