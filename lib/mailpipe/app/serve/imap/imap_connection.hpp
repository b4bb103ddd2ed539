#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "mailpipe/app/serve/imap/append.hpp"
#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/mailbox_connection.hpp"
#include "mailpipe/imap/server/session.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {

// imap_connection.cpp drives the session, imap_append.cpp takes what APPEND brings.
class ImapConnection
    : public MailboxConnection<imap::server::Session, imap::server::Options, imap::server::LoginFailure> {
 public:
    ImapConnection(const Context& context, const ListenSocket& socket,
                   std::unique_ptr<net::ServerStream> stream, std::uint64_t number);
    ~ImapConnection() override;

 private:
    // Rings when a mailbox that is watched has changed: from any thread, and as long as there is somebody to hear it.
    struct Bell {
        explicit Bell(asio::any_io_executor the_executor) : executor(std::move(the_executor)) {}
        asio::any_io_executor executor;
        std::atomic<bool> rung = false;
        std::atomic<bool> awaited = false;     // the client can be told at once: IDLE, NOTIFY
        ImapConnection* connection = nullptr;  // of the loop's thread
    };
    struct Piece {
        std::string out;
        std::optional<Outcome> outcome;
    };

    imap::server::Options session_options() override;
    asio::awaitable<bool> handle(imap::server::Step& step) override;
    bool handle_silence(const Error& error) override;
    bool settled() const override { return state_ != nullptr; }
    Clock::time_point read_deadline() const override;
    std::string refusal(const smtp::Reply& reply) const override;
    // No tally: its answers are many lines that say nothing of how it went.
    Trace* tracer() override { return context_.config.trace ? &context_.trace : nullptr; }
    bool has_news() const override;
    asio::awaitable<bool> tell_news() override;
    void release() override;

    asio::awaitable<void> log_user_in(sasl::ServerRequest request);
    void log_off();
    asio::awaitable<bool> answer(imap::server::Command command);
    // `tells`: the client hears now and then that it is not forgotten.
    asio::awaitable<Piece> await_piece(std::shared_ptr<Completion<Piece>> next, std::shared_ptr<Work> work,
                                       bool tells);
    asio::awaitable<bool> begin_idle();
    asio::awaitable<bool> handle_append(imap::server::Step& step);
    asio::awaitable<void> append_step(std::function<Appending::Refusal(Work&)> step);
    asio::awaitable<void> end_append();

    Enabled enabled() const;
    std::shared_ptr<Work> make_work();
    // Says what the session has to know of it, and the tagged response. false: the connection is over.
    bool finish(const Work& work, const Outcome& outcome);
    bool may_tell() const { return session_->idling() || (state_ && state_->notices); }
    void await_bell() { bell_->awaited = may_tell(); }

    std::shared_ptr<Bell> bell_;
    std::unique_ptr<ImapState> state_;
    std::unique_ptr<Appending> appending_;
};

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
