#include "mailpipe/app/serve/imap/imap_connection.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/imap/notify.hpp"
#include "mailpipe/app/serve/imap/updates.hpp"
#include "mailpipe/app/serve/test/test_mode.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::chrono::minutes kAutologout{30};  // RFC 9051 section 5.4: not before
constexpr std::chrono::minutes kStillHere{
    2};  // a client in IDLE hears of us that often, before routers forget it

using Done = std::optional<Error>;

// Whether it is complete within this time.
template <class T>
asio::awaitable<bool> completed_within(std::shared_ptr<Completion<T>> completion,
                                       std::chrono::milliseconds time) {
    if (completion->value()) co_return true;
    asio::error_code ignored;
    completion->timer().expires_after(time);
    co_await completion->timer().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return completion->value().has_value();
}

// inprogress-tag is quoted: what would end the response code cannot be in it (RFC 9585 section 5).
std::string progress_line(const std::string& tag, const Progress& progress) {
    const std::uint64_t all = progress.all;
    const std::uint64_t done = std::min<std::uint64_t>(progress.done, all);
    std::string line = "* OK [INPROGRESS (";
    line += tag.find(']') == std::string::npos ? "\"" + tag + "\"" : "NIL";
    if (all == 0) return line + " NIL NIL)] Still at it\r\n";
    return line + " " + std::to_string(done) + " " + std::to_string(all) + ")] Still at it\r\n";
}

}  // namespace

ImapConnection::ImapConnection(const Context& context, const ListenSocket& socket,
                               std::unique_ptr<net::ServerStream> stream, std::uint64_t number)
    : MailboxConnection(context, socket, std::move(stream), number),
      bell_(std::make_shared<Bell>(stream_->executor())) {
    bell_->connection = this;
}

ImapConnection::~ImapConnection() {
    bell_->connection = nullptr;
}

proto::Options ImapConnection::session_options() {
    proto::Options options;
    options.login_without_tls = stream_->peer().loopback;
    options.max_message_size = context_.config.max_message_size;
    options.message_limit = context_.imap.options().message_limit;
    if (context_.config.test != nullptr) options.without = context_.config.test->masked_names();
    return options;
}

std::string ImapConnection::refusal(const smtp::Reply& reply) const {
    return "* BYE [UNAVAILABLE] " + reply.lines[0] + "\r\n";
}

ImapConnection::Clock::time_point ImapConnection::read_deadline() const {
    if (!settled()) return MailboxConnection::read_deadline();
    if (session_->idling()) return progress_ + kStillHere;
    return progress_ + std::max<std::chrono::milliseconds>(context_.config.timeout, kAutologout);
}

bool ImapConnection::handle_silence(const Error&) {
    if (stream_->cancelled()) {
        // Nothing is read any more: no boundary between commands will come. A no-op once the session is over.
        session_->bye("UNAVAILABLE", "Server is shutting down");
    } else if (session_->idling()) {
        session_->respond("* OK Still here\r\n");
    } else {
        return session_->on_silence();
    }
    return true;
}

Enabled ImapConnection::enabled() const {
    return {session_->rev2(),
            session_->condstore(),
            session_->qresync(),
            session_->utf8(),
            session_->uid_only(),
            session_->metadata(),
            session_->offers("INPROGRESS"),
            session_->offers("MESSAGELIMIT") ? context_.imap.options().message_limit : 0};
}

std::shared_ptr<Work> ImapConnection::make_work() {
    return std::make_shared<Work>(Work{*state_, enabled(), std::string(session_->tag())});
}

asio::awaitable<bool> ImapConnection::handle(proto::Step& step) {
    bool going = true;
    if (auto* login = std::get_if<proto::LoginRequested>(&step)) {
        sasl::ServerRequest request = std::move(login->request);
        co_await log_user_in(std::move(request));
    } else if (auto* command = std::get_if<proto::CommandRequested>(&step)) {
        proto::Command asked = std::move(command->command);
        going = co_await answer(std::move(asked));
    } else if (std::holds_alternative<proto::IdleBegan>(step)) {
        going = co_await begin_idle();
    } else if (std::holds_alternative<proto::IdleEnded>(step)) {
        session_->complete(proto::Completion::ok, "", "You were idle");
        await_bell();
    } else if (std::holds_alternative<proto::LoggedOff>(step)) {
        log_off();
    } else if (std::holds_alternative<proto::PeerQuit>(step)) {
        going = false;
    } else {
        going = co_await handle_append(step);
    }
    co_return going;
}

asio::awaitable<void> ImapConnection::log_user_in(sasl::ServerRequest request) {
    const std::string user = co_await find_user(std::move(request));
    if (user.empty()) co_return;
    auto state = std::make_unique<ImapState>(context_.config, context_.imap, context_.quota, user);
    state->changed = [bell = bell_] {
        if (bell->rung.exchange(true) || !bell->awaited) return;
        asio::post(bell->executor, [bell] {
            if (bell->connection != nullptr) bell->connection->stream_->interrupt();
        });
    };
    std::function<Done()> work = [names = &state->names]() -> Done {
        auto account = names->own();
        return account ? Done() : Done(account.error());
    };
    Done failed = co_await in_background<Done>(context_.mailboxes, std::move(work));
    if (!failed) {
        state_ = std::move(state);
        session_->login_accepted(user);
    } else {
        refuse_mailbox(*failed);
    }
}

void ImapConnection::log_off() {
    appending_.reset();
    state_.reset();
    admitted_.user = {};
    settled_ = Clock::now();
    await_bell();
}

void ImapConnection::release() {
    bell_->connection = nullptr;
    log_off();
}

bool ImapConnection::finish(const Work& work, const Outcome& outcome) {
    session_->respond(work.out);
    for (const Noted& noted : work.events) {
        Json json = event(noted.event);
        json["user"] = state_->user;
        json["mailbox"] = noted.mailbox;
        json["uids"] = noted.uids;
        if (noted.size > 0) json["size"] = noted.size;
        context_.events.write(json);
    }
    if (outcome.broken) {
        report_store_error(Error{Errc::data, outcome.text, {}}, event("error"));
        return false;
    }
    if (work.enables_condstore) session_->enable_condstore();
    if (work.selection_changes) session_->selected(state_->selected.has_value());
    session_->complete(outcome.completion, outcome.code, outcome.text);
    await_bell();
    return true;
}

asio::awaitable<ImapConnection::Piece> ImapConnection::await_piece(std::shared_ptr<Completion<Piece>> next,
                                                                   std::shared_ptr<Work> work, bool tells) {
    const std::chrono::seconds patience(context_.imap.options().progress_seconds);
    while (tells && !co_await completed_within(next, patience)) {
        session_->respond(progress_line(work->tag, *work->progress));
        std::string octets = session_->take_output();
        tells = co_await write(std::move(octets));
        progress_ = Clock::now();
        if (!tells) work->progress->abandoned = true;
    }
    next->timer().expires_at(asio::steady_timer::time_point::max());
    co_return co_await await_completion<Piece>(next);
}

// The next piece is made while the one before goes out.
asio::awaitable<bool> ImapConnection::answer(proto::Command command) {
    const std::shared_ptr<Work> work = make_work();
    const std::shared_ptr<Answer> answer = begin_answer(std::move(command));
    const auto more = [work, answer] {
        Piece piece;
        piece.outcome = answer->more(*work);
        if (!piece.outcome) piece.out = std::exchange(work->out, {});
        return piece;
    };
    auto next = std::make_shared<Completion<Piece>>(stream_->executor());
    context_.mailboxes.post([next, more] { next->complete(more()); });
    bool tells = work->enabled.progress;
    Piece piece = co_await await_piece(next, work, tells);
    while (!piece.outcome) {
        // The line would come into the midst of a literal.
        tells = work->enabled.progress && !work->inside_response;
        next = std::make_shared<Completion<Piece>>(stream_->executor());
        context_.mailboxes.post([next, more] { next->complete(more()); });
        session_->respond_with(std::move(piece.out));
        std::string octets = session_->take_output();
        const bool written = co_await write(std::move(octets));
        progress_ = Clock::now();
        piece = co_await await_piece(next, work, tells && written);
        if (!written) co_return false;
    }
    co_return finish(*work, *piece.outcome);
}

asio::awaitable<bool> ImapConnection::begin_idle() {
    // What is not there yet when the bell is heeded, rings it.
    await_bell();
    bell_->rung = true;
    const bool watches = session_->metadata() && !state_->annotations;
    if (!state_->selected && !watches) co_return true;
    std::function<Done()> work = [work = make_work()]() -> Done {
        watch_annotations(*work);
        if (!work->state.selected) return {};
        auto fresh = work->state.selected->mailbox->refresh();
        return fresh ? Done() : Done(fresh.error());
    };
    Done failed = co_await in_background<Done>(context_.mailboxes, std::move(work));
    if (failed) report_store_error(*failed, event("error"));
    co_return true;
}

bool ImapConnection::has_news() const {
    return state_ != nullptr && bell_->rung && may_tell();
}

asio::awaitable<bool> ImapConnection::tell_news() {
    bell_->rung = false;
    const std::shared_ptr<Work> work = make_work();
    const bool reads = state_->notices || (state_->annotations && !state_->annotations->empty()) ||
                       (state_->selected && !state_->selected->contexts.empty());
    if (reads) {
        // RFC 9051 section 7.5.1: no EXPUNGE while no command is there, unless the client has asked for that.
        const bool may_expunge =
            session_->idling() || (state_->notices && state_->notices->tells_of_expunged());
        std::function<bool()> tell = [work, may_expunge] {
            if (work->state.selected) tell_updates(*work, may_expunge);
            write_notices(*work);
            return true;
        };
        co_await in_background<bool>(context_.mailboxes, std::move(tell));
    } else if (state_->selected) {
        // Nothing to wait for: a thousand clients are told without changing threads a thousand times.
        write_updates(*state_->selected, work->enabled, true, work->out);
    }
    session_->respond(work->out);
    co_return true;
}

std::shared_ptr<Connection> make_imap_connection(const Context& context, const ListenSocket& socket,
                                                 std::unique_ptr<net::ServerStream> stream,
                                                 std::uint64_t number) {
    return std::make_shared<ImapConnection>(context, socket, std::move(stream), number);
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
