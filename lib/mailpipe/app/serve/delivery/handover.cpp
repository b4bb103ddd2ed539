#include "mailpipe/app/serve/delivery/handover.hpp"

#include <future>
#include <utility>

#include "mailpipe/app/piped_command.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::size_t kThreads = 8;  // messages at a time
constexpr std::chrono::seconds kCommandTimeout{
    120};  // less than the ten minutes that senders wait (RFC 5321 section 4.5.3.2.6)

Result<void> load(const Delivery& delivery, const std::string& fields, OutgoingText& text) {
    auto done = text.append(fields);
    if (done) done = delivery.message->read([&text](std::string_view piece) { return text.append(piece); });
    return done ? text.finish() : done;
}

Error error_of(const smtp::RecipientResult& result) {
    ServerReply reply = smtp::to_server_reply(result.reply);
    // It ends the session there, not the one here.
    if (reply.code == 421) reply.code = 451;
    return Error{smtp::reply_kind(result.reply), "not taken for " + result.recipient.encode(),
                 std::move(reply)};
}

}  // namespace

bool is_lmtp_location(const std::string& text) {
    return text.starts_with("lmtp:");
}

Handover::Handover(const std::string& where, const SendOptions& options, Deliverer& others,
                   Diagnostics& diagnostics)
    : where_(where),
      others_(others),
      accounts_(options.client, diagnostics),
      ways_(options, accounts_, nullptr) {}

Result<std::unique_ptr<Handover>> Handover::open(const std::string& where, const SendOptions& options,
                                                 Deliverer& others, Diagnostics& diagnostics) {
    std::unique_ptr<Handover> made(new Handover(where, options, others, diagnostics));
    if (is_lmtp_location(where)) {
        auto found = made->ways_.find(where);
        if (!found) return fail(found.error().kind, "--deliver " + where + ": " + found.error().message);
        made->transports_ = *found;
    }
    return made;
}

Handover::~Handover() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void Handover::submit(Delivery delivery) {
    if (delivery.targets.empty()) return others_.submit(std::move(delivery));
    {
        const std::lock_guard lock(mutex_);
        // With the first delivery: what a process gives up for good, it gives up while it has one thread (sandbox/).
        while (threads_.size() < kThreads)
            threads_.emplace_back([this] { run(); });
        queue_.push_back(std::move(delivery));
    }
    changed_.notify_one();
}

void Handover::run() {
    std::unique_ptr<Transport> transport;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (queue_.empty()) break;
        const Delivery delivery = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        std::vector<Result<Delivered>> results = hand_over(delivery, transport);
        if (!delivery.relays.empty()) {
            Delivery rest;
            rest.message = delivery.message;
            rest.relays = delivery.relays;
            std::promise<std::vector<Result<Delivered>>> done;
            rest.done = [&done](std::vector<Result<Delivered>> more) { done.set_value(std::move(more)); };
            others_.submit(std::move(rest));
            for (auto& result : done.get_future().get())
                results.push_back(std::move(result));
        }
        delivery.done(std::move(results));
        lock.lock();
    }
    lock.unlock();
    if (transport) transport->quit();
}

std::vector<Result<Delivered>> Handover::hand_over(const Delivery& delivery,
                                                   std::unique_ptr<Transport>& transport) {
    if (transports_ != nullptr) return to_server(delivery, transport);
    std::vector<Result<Delivered>> results;
    for (const DeliveryTarget& target : delivery.targets)
        results.push_back(to_command(delivery, target));
    return results;
}

std::vector<Result<Delivered>> Handover::to_server(const Delivery& delivery,
                                                   std::unique_ptr<Transport>& transport) {
    const auto failed = [&delivery](Error error) {
        // Whatever it is, the message can come again: the sender is not told what only this host's owner can mend.
        error.kind = error.kind == Errc::data || error.kind == Errc::limit ? error.kind : Errc::temporary;
        return std::vector<Result<Delivered>>(delivery.targets.size(), tl::unexpected(std::move(error)));
    };
    OutgoingText text(TextUse::relay);
    if (auto loaded = load(delivery, delivery.received, text); !loaded) return failed(loaded.error());
    smtp::Envelope envelope;
    envelope.reverse_path = delivery.reverse_path;
    for (const DeliveryTarget& target : delivery.targets)
        envelope.recipients.push_back(target.mailbox);
    envelope.size = text.size();
    envelope.body = text.eight_bit() ? smtp::Body::eight_bit : smtp::Body::seven_bit;
    if (!transport || transport->given_up()) {
        auto opened = transports_->open(transports_->destination(envelope.recipients.front()));
        if (!opened) return failed(opened.error());
        transport = std::move(*opened);
    }
    const auto finished = transport->submit(envelope, text);
    if (!finished) return failed(finished.error());
    std::vector<Result<Delivered>> results;
    for (const smtp::RecipientResult& result : finished->recipients) {
        if (result.accepted) {
            results.emplace_back(Delivered{"", text.size()});
        } else if (result.reply.code == 0 && finished->error) {
            results.emplace_back(tl::unexpected(*finished->error));
        } else {
            results.emplace_back(tl::unexpected(error_of(result)));
        }
    }
    return results;
}

Result<Delivered> Handover::to_command(const Delivery& delivery, const DeliveryTarget& target) const {
    MessageSpool text;
    wire::CrlfToLf lines;
    std::string piece;
    const auto keep = [&](std::string_view crlf_text) {
        piece.clear();
        lines.append(crlf_text, piece);
        return text.append(piece);
    };
    auto kept = keep(target.fields);
    if (kept) kept = delivery.message->read(keep);
    if (!kept) return tl::unexpected(kept.error());
    // In the environment, never in the command line: nothing of it is read by the shell (threats.md: shell injection).
    const std::vector<std::string> variables{"MAILPIPE_USER=" + target.user,
                                             "RECIPIENT=" + target.mailbox.encode(),
                                             "SENDER=" + delivery.reverse_path.encode()};
    const auto end = run_piped(where_, variables, text, kCommandTimeout);
    if (!end) return tl::unexpected(end.error());
    if (end->status == 0) return Delivered{"", target.fields.size() + delivery.message->size()};
    if (cannot_run(*end))
        return fail(Errc::config,
                    "--deliver: the shell cannot run the command (status " + std::to_string(end->status) + ")");
    return tl::unexpected(command_error(*end, kCommandTimeout, ""));
}

}  // namespace mailpipe::app::serve
