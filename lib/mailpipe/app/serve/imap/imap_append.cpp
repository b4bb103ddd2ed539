#include <utility>

#include "mailpipe/app/serve/imap/imap_connection.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {

namespace proto = imap::server;

asio::awaitable<void> ImapConnection::append_step(std::function<Appending::Refusal(Work&)> step) {
    const std::shared_ptr<Work> work = make_work();
    std::function<Appending::Refusal()> job = [work, step = std::move(step)] { return step(*work); };
    const Appending::Refusal refusal =
        co_await in_background<Appending::Refusal>(context_.mailboxes, std::move(job));
    if (!refusal) {
        session_->go_on();
        co_return;
    }
    appending_.reset();
    (void)finish(*work, *refusal);
}

asio::awaitable<void> ImapConnection::end_append() {
    const std::shared_ptr<Work> work = make_work();
    std::function<Outcome()> job = [work, appending = appending_.get()] { return appending->end(*work); };
    const Outcome outcome = co_await in_background<Outcome>(context_.mailboxes, std::move(job));
    appending_.reset();
    (void)finish(*work, outcome);
}

// The events of an APPEND that was refused come no more: the session swallows what is left of it.
asio::awaitable<bool> ImapConnection::handle_append(proto::Step& step) {
    if (auto* began = std::get_if<proto::AppendBegan>(&step)) {
        appending_ = std::make_unique<Appending>(context_.quota);
        std::function<Appending::Refusal(Work&)> begin =
            [a = appending_.get(), event = std::move(*began)](Work& work) { return a->begin(work, event); };
        co_await append_step(std::move(begin));
        co_return true;
    }
    Appending* const a = appending_.get();
    if (a == nullptr) co_return true;
    std::function<Appending::Refusal(Work&)> next;
    if (auto* message = std::get_if<proto::AppendMessage>(&step)) {
        next = [a, event = std::move(*message)](Work& work) { return a->message(work, event); };
    } else if (auto* literal = std::get_if<proto::AppendLiteral>(&step)) {
        next = [a, event = *literal](Work& work) { return a->literal(work, event); };
    } else if (auto* octets = std::get_if<proto::AppendOctets>(&step)) {
        const std::string_view text = octets->octets;
        std::function<bool()> write = [a, text] {
            a->octets(text);
            return true;
        };
        co_await in_background<bool>(context_.mailboxes, std::move(write));
        progress_ = Clock::now();
        co_return true;
    } else if (auto* url = std::get_if<proto::AppendUrl>(&step)) {
        next = [a, event = std::move(*url)](Work& work) { return a->url(work, event); };
    } else if (std::holds_alternative<proto::AppendMessageEnd>(step)) {
        next = [a](Work&) { return a->message_end(); };
    } else if (std::holds_alternative<proto::AppendEnd>(step)) {
        co_await end_append();
        co_return true;
    } else if (std::holds_alternative<proto::AppendAborted>(step)) {
        appending_.reset();
        co_return true;
    }
    co_await append_step(std::move(next));
    co_return true;
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
