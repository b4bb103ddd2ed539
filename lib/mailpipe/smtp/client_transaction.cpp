#include <algorithm>
#include <string>
#include <utility>

#include "mailpipe/smtp/client_impl.hpp"
#include "mailpipe/smtp/transaction_commands.hpp"

namespace mailpipe::smtp {
namespace {

bool is_positive(const Reply& reply) {
    return reply.code >= 200 && reply.code < 300;
}

}  // namespace

Error ClientSession::Impl::error_of(const Reply& reply, std::string_view what) {
    const ServerReply whole = to_server_reply(reply);
    std::string text = std::string(what) + ": " + std::to_string(whole.code);
    if (!whole.enhanced.empty()) text += ' ' + whole.enhanced;
    return Error{reply_kind(reply), text + ' ' + whole.text, whole};
}

bool ClientSession::Impl::Transaction::any_accepted() const {
    return std::find(accepted.begin(), accepted.end(), true) != accepted.end();
}

void ClientSession::Impl::submit(Envelope wanted, bool warily) {
    const bool ahead = !transactions.empty();
    auto commands =
        transaction_commands(wanted, capabilities, tls_active(), options.protocol == Protocol::lmtp);
    Transaction& added = transactions.emplace_back();
    added.envelope = std::move(wanted);
    added.replies.assign(added.envelope.recipients.size(), std::nullopt);
    added.accepted.assign(added.envelope.recipients.size(), false);
    if (!commands) {
        added.impossible = std::move(commands.error());
    } else {
        choose_transfer(added, ahead || warily);
        added.not_taken = std::move(commands->not_taken);
        // RFC 3030 section 2: what a refused BDAT leaves behind is indeterminate.
        if (needs_rset || (ahead && transactions.front().transfer != Transfer::data))
            queued.push_back({{Awaited::rset}, "RSET"});
        needs_rset = false;
        queued.push_back({{Awaited::mail}, std::move(commands->mail)});
        for (std::size_t i = 0; i < commands->rcpt.size() && !stops_after(Stage::mail); ++i)
            queued.push_back({{Awaited::rcpt, i}, std::move(commands->rcpt[i])});
        const bool has_data =
            added.transfer == Transfer::data && !stops_after(Stage::mail) && !stops_after(Stage::rcpt);
        if (has_data) queued.push_back({{Awaited::data}, "DATA"});
    }
    if (ahead) return send_queued();
    begin_transaction();
}

void ClientSession::Impl::begin_transaction() {
    phase = Phase::transaction;
    if (now().impossible) return finish_transaction(std::move(now().impossible));
    if (now().transfer == Transfer::whole) return want_body();
    send_queued();
}

// With PIPELINING the whole group goes out, DATA as its last command (RFC 2920 section 3.1); else one at a
// time.
void ClientSession::Impl::send_queued() {
    while (!queued.empty() && phase != Phase::ended && (capabilities.pipelining || pending.empty())) {
        const Queued command = std::move(queued.front());
        queued.pop_front();
        send(command.pending, command.line);
    }
}

void ClientSession::Impl::on_transaction_reply(Pending answered, const Reply& reply) {
    switch (answered.what) {
        case Awaited::rset:
            if (!is_positive(reply)) {
                finish_cut_off(reply);
                return fail_with(Errc::protocol, "RSET refused");
            }
            break;
        case Awaited::mail:
            on_mail(reply);
            break;
        case Awaited::rcpt:
            on_rcpt(answered.recipient, reply);
            break;
        case Awaited::data:
            on_data(reply);
            break;
        case Awaited::chunk:
            on_chunk(reply);
            break;
        default:
            on_body(answered.recipient, reply);
            break;
    }
    if (phase == Phase::transaction) send_queued();
}

void ClientSession::Impl::on_mail(const Reply& reply) {
    now().mail_accepted = is_positive(reply);
    if (now().mail_accepted) {
        done(Stage::mail);
        if (stops_after(Stage::mail)) finish_transaction(std::nullopt);
        return;
    }
    if (reply.code < 400) return fail_with(Errc::protocol, "unexpected reply to MAIL", reply);
    refuse_rest(reply);
    queued.clear();
    if (pending.empty()) finish_transaction(error_of(reply, "MAIL refused"));
}

void ClientSession::Impl::on_rcpt(std::size_t recipient, const Reply& reply) {
    if (reply.code >= 300 && reply.code < 400)
        return fail_with(Errc::protocol, "unexpected reply to RCPT", reply);
    Transaction& transaction = now();
    // A server that refuses MAIL and accepts RCPT has accepted nothing.
    transaction.accepted[recipient] = transaction.mail_accepted && is_positive(reply);
    if (is_positive(reply)) done(Stage::rcpt);
    if (stops_after(Stage::rcpt)) transaction.replies[recipient] = reply;
    if (!transaction.accepted[recipient] && !transaction.first_refusal) transaction.first_refusal = reply;
    if (stops_after(Stage::rcpt) && queued.empty() && pending.empty()) {
        needs_rset = true;
        return finish_transaction(
            transaction.any_accepted()
                ? std::nullopt
                : std::optional<Error>(error_of(*transaction.first_refusal, "RCPT refused")));
    }
    if (!transaction.accepted[recipient] && !transaction.replies[recipient]) {
        transaction.replies[recipient] = reply;
    }
    // What moves the message waits for the last of these: DATA in the queue, where commands go one at a time, and the
    // first chunk. Without a recipient it is not sent.
    const bool data_is_next = queued.size() == 1 && queued.front().pending.what == Awaited::data;
    const bool chunk_is_next = transaction.transfer == Transfer::chunks && queued.empty() && pending.empty();
    if (!data_is_next && !chunk_is_next) return;
    if (transaction.any_accepted()) return chunk_is_next ? want_body() : void();
    queued.clear();
    needs_rset = transaction.mail_accepted;
    finish_transaction(error_of(transaction.first_refusal.value_or(reply), "RCPT refused"));
}

void ClientSession::Impl::on_data(const Reply& reply) {
    const bool any = now().any_accepted();
    if (reply.code == 354) {
        done(Stage::data);
        if (any && stops_after(Stage::data)) {
            finish_transaction(std::nullopt);
            phase = Phase::ended;
            return;
        }
        if (any) return want_body();
        if (options.protocol == Protocol::lmtp) {
            // RFC 2033 section 4.2 demands 503 here; how many replies would follow is anybody's guess.
            finish_cut_off(now().first_refusal.value_or(reply));
            return fail_with(Errc::protocol, "DATA accepted without a recipient", reply);
        }
        // RFC 2920 section 3.1: a server may have accepted DATA although it refused every recipient.
        encoder.finish(out);
        if (options.trace != nullptr) options.trace->client_line(".");
        pending.push_back({Awaited::body});
        return;
    }
    if (reply.code < 400) return fail_with(Errc::protocol, "unexpected reply to DATA", reply);
    needs_rset = now().mail_accepted;
    if (any) refuse_rest(reply);
    finish_transaction(
        error_of(any || !now().first_refusal ? reply : *now().first_refusal, any ? "DATA refused" : "refused"));
}

void ClientSession::Impl::on_body(std::size_t recipient, const Reply& reply) {
    if (reply.code >= 300 && reply.code < 400) {
        return fail_with(Errc::protocol, "unexpected reply to the message", reply);
    }
    done(Stage::reply);
    Transaction& transaction = now();
    const bool any = transaction.any_accepted();
    if (transaction.transfer != Transfer::data && (!any || !is_positive(reply))) needs_rset = true;
    if (!any) {
        return finish_transaction(error_of(transaction.first_refusal.value_or(reply), "refused"));
    }
    if (!is_positive(reply) && !transaction.first_refusal) transaction.first_refusal = reply;
    if (options.protocol == Protocol::lmtp) {
        transaction.any_final = true;
        transaction.replies[recipient] = reply;
        transaction.accepted[recipient] = is_positive(reply);
        if (!pending.empty() && pending.front().what == Awaited::body) return;
    } else {
        for (std::size_t i = 0; i < transaction.replies.size(); ++i) {
            if (!transaction.accepted[i]) continue;
            transaction.replies[i] = reply;
            transaction.accepted[i] = is_positive(reply);
        }
    }
    if (transaction.any_accepted()) return finish_transaction(std::nullopt);
    finish_transaction(error_of(transaction.first_refusal.value_or(reply), "message refused"));
}

// The recipients that nothing has decided yet share this reply.
void ClientSession::Impl::refuse_rest(const Reply& reply) {
    Transaction& transaction = now();
    if (!transaction.first_refusal) transaction.first_refusal = reply;
    for (std::size_t i = 0; i < transaction.replies.size(); ++i) {
        if (!transaction.replies[i]) transaction.replies[i] = reply;
        transaction.accepted[i] = false;
    }
}

void ClientSession::Impl::finish_transaction(std::optional<Error> error) {
    Transaction done = std::move(transactions.front());
    transactions.pop_front();
    Finished finished;
    finished.error = std::move(error);
    finished.not_taken = std::move(done.not_taken);
    for (std::size_t i = 0; i < done.envelope.recipients.size(); ++i) {
        Reply reply = done.replies[i].value_or(Reply{0, "", {finished.error ? finished.error->message : ""}});
        finished.recipients.push_back(
            {std::move(done.envelope.recipients[i]), std::move(reply), done.accepted[i]});
    }
    events.emplace_back(std::move(finished));
    phase = Phase::ready;
    if (!transactions.empty()) return begin_transaction();
    queued.clear();
    if (quit_wanted) send_quit();
}

// The server goes while the transaction runs: what it has said so far stands, the rest gets this reply. Of one that was
// submitted ahead nothing has happened.
void ClientSession::Impl::finish_cut_off(const Reply& reply) {
    if (phase != Phase::transaction && phase != Phase::body) return;
    Transaction& transaction = now();
    transactions.resize(1);
    bool any = false;
    for (std::size_t i = 0; i < transaction.replies.size(); ++i) {
        const bool final = transaction.any_final && transaction.replies[i];
        if (!transaction.replies[i]) transaction.replies[i] = reply;
        if (!final) transaction.accepted[i] = false;
        any = any || transaction.accepted[i];
    }
    finish_transaction(any ? std::nullopt : std::optional<Error>(error_of(reply, "server ends the session")));
}

}  // namespace mailpipe::smtp
