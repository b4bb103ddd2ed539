#include <algorithm>
#include <string>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/client_impl.hpp"
#include "mailpipe/smtp/path.hpp"

namespace mailpipe::smtp {
namespace {

bool is_positive(const Reply& reply) {
    return reply.code >= 200 && reply.code < 300;
}

bool needs_utf8(const Mailbox& mailbox) {
    return !ascii::is_ascii(mailbox.local_part) || !ascii::is_ascii(mailbox.domain);
}

// A Mailbox is a plain struct: what was not made by a parser is proved here before it becomes part of a
// command.
std::optional<Error> check_mailbox(const Mailbox& mailbox, std::size_t local_part_length = kLocalPartLength) {
    if (mailbox.domain.empty() && mailbox.local_part == "postmaster") return std::nullopt;
    auto parsed = parse_mailbox(mailbox.encode(), true, local_part_length);
    if (!parsed) return Error{Errc::data, "address is not a Mailbox: " + parsed.error().message};
    const bool same =
        parsed->local_part == mailbox.local_part && ascii::equals_ignore_case(parsed->domain, mailbox.domain);
    if (!same) return Error{Errc::data, "address has characters that SMTP cannot carry"};
    return std::nullopt;
}

// Over LMTP a recipient may be a user name alone, as Cyrus and Dovecot take it.
std::optional<Error> check_recipient(const Mailbox& mailbox, Protocol protocol) {
    if (protocol == Protocol::smtp || !mailbox.domain.empty()) return check_mailbox(mailbox);
    return check_mailbox({mailbox.local_part, "localhost"});
}

Error error_of(const Reply& reply, std::string_view what) {
    const ServerReply whole = to_server_reply(reply);
    std::string text = std::string(what) + ": " + std::to_string(whole.code);
    if (!whole.enhanced.empty()) text += ' ' + whole.enhanced;
    return Error{reply_kind(reply), text + ' ' + whole.text, whole};
}

}  // namespace

std::optional<Error> ClientSession::Impl::check(const Envelope& wanted) const {
    if (wanted.recipients.empty()) return Error{Errc::usage, "envelope has no recipients"};
    bool utf8 = false;
    if (!wanted.reverse_path.is_null()) {
        if (auto error = check_mailbox(wanted.reverse_path, kReversePathLocalPart)) return error;
        utf8 = needs_utf8(wanted.reverse_path);
    }
    for (const auto& recipient : wanted.recipients) {
        if (auto error = check_recipient(recipient, options.protocol)) return error;
        utf8 = utf8 || needs_utf8(recipient);
    }
    if (utf8 && !capabilities.smtputf8) return Error{Errc::unsupported, "server does not offer SMTPUTF8"};
    if (wanted.body == Body::eight_bit && !capabilities.eight_bit_mime) {
        return Error{Errc::unsupported, "message has 8-bit text and the server does not offer 8BITMIME"};
    }
    if (wanted.size && capabilities.max_size != 0 && *wanted.size > capabilities.max_size) {
        return Error{Errc::permanent, "message of " + std::to_string(*wanted.size) +
                                          " octets is larger than the server's SIZE of " +
                                          std::to_string(capabilities.max_size)};
    }
    return std::nullopt;
}

void ClientSession::Impl::submit(Envelope wanted) {
    auto error = check(wanted);
    envelope = std::move(wanted);
    replies.assign(envelope.recipients.size(), std::nullopt);
    accepted.assign(envelope.recipients.size(), false);
    mail_accepted = false;
    any_final = false;
    first_refusal.reset();
    phase = Phase::transaction;
    if (error) return finish_transaction(std::move(error));
    if (needs_rset) queued.push_back({{Awaited::rset}, "RSET"});
    needs_rset = false;
    std::string mail = "MAIL FROM:<" + envelope.reverse_path.encode() + '>';
    if (capabilities.size && envelope.size) mail += " SIZE=" + std::to_string(*envelope.size);
    if (envelope.body == Body::eight_bit) mail += " BODY=8BITMIME";
    const bool utf8 = needs_utf8(envelope.reverse_path) ||
                      std::any_of(envelope.recipients.begin(), envelope.recipients.end(), needs_utf8);
    if (utf8) mail += " SMTPUTF8";
    queued.push_back({{Awaited::mail}, std::move(mail)});
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        queued.push_back({{Awaited::rcpt, i}, "RCPT TO:<" + envelope.recipients[i].encode() + '>'});
    }
    queued.push_back({{Awaited::data}, "DATA"});
    send_queued();
}

// With PIPELINING the whole group goes out, DATA as its last command (RFC 2920 section 3.1); else one at a
// time.
void ClientSession::Impl::send_queued() {
    while (!queued.empty() && phase == Phase::transaction && (capabilities.pipelining || pending.empty())) {
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
        default:
            on_body(answered.recipient, reply);
            break;
    }
    if (phase == Phase::transaction) send_queued();
}

void ClientSession::Impl::on_mail(const Reply& reply) {
    mail_accepted = is_positive(reply);
    if (mail_accepted) return;
    if (reply.code < 400) return fail_with(Errc::protocol, "unexpected reply to MAIL", reply);
    refuse_rest(reply);
    queued.clear();
    if (pending.empty()) finish_transaction(error_of(reply, "MAIL refused"));
}

void ClientSession::Impl::on_rcpt(std::size_t recipient, const Reply& reply) {
    if (reply.code >= 300 && reply.code < 400)
        return fail_with(Errc::protocol, "unexpected reply to RCPT", reply);
    accepted[recipient] = is_positive(reply);
    if (!accepted[recipient] && !replies[recipient]) {
        replies[recipient] = reply;
        if (!first_refusal) first_refusal = reply;
    }
    // One at a time: DATA waits in the queue, and without a recipient it is not sent.
    const bool data_is_next = queued.size() == 1 && queued.front().pending.what == Awaited::data;
    if (!data_is_next || std::find(accepted.begin(), accepted.end(), true) != accepted.end()) return;
    queued.clear();
    needs_rset = true;
    finish_transaction(error_of(*first_refusal, "RCPT refused"));
}

void ClientSession::Impl::on_data(const Reply& reply) {
    const bool any = mail_accepted && std::find(accepted.begin(), accepted.end(), true) != accepted.end();
    // A server that refuses MAIL and accepts RCPT has accepted nothing.
    if (!any) accepted.assign(accepted.size(), false);
    if (reply.code == 354) {
        if (any) {
            phase = Phase::body;
            line_ends = {};
            body_octets = 0;
            return;
        }
        if (options.protocol == Protocol::lmtp) {
            // RFC 2033 section 4.2 demands 503 here; how many replies would follow is anybody's guess.
            finish_cut_off(first_refusal.value_or(reply));
            return fail_with(Errc::protocol, "DATA accepted without a recipient", reply);
        }
        // RFC 2920 section 3.1: a server may have accepted DATA although it refused every recipient.
        encoder.finish(out);
        if (options.trace != nullptr) options.trace->client_line(".");
        pending.push_back({Awaited::body});
        return;
    }
    if (reply.code < 400) return fail_with(Errc::protocol, "unexpected reply to DATA", reply);
    needs_rset = mail_accepted;
    if (any) refuse_rest(reply);
    finish_transaction(
        error_of(any || !first_refusal ? reply : *first_refusal, any ? "DATA refused" : "refused"));
}

void ClientSession::Impl::on_body(std::size_t recipient, const Reply& reply) {
    if (reply.code >= 300 && reply.code < 400) {
        return fail_with(Errc::protocol, "unexpected reply to the message", reply);
    }
    if (options.protocol == Protocol::lmtp) {
        any_final = true;
        replies[recipient] = reply;
        accepted[recipient] = is_positive(reply);
        if (!is_positive(reply) && !first_refusal) first_refusal = reply;
        if (!pending.empty()) return;
    } else {
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (!accepted[i]) continue;
            replies[i] = reply;
            accepted[i] = is_positive(reply);
        }
        if (!is_positive(reply) && !first_refusal) first_refusal = reply;
    }
    if (std::find(accepted.begin(), accepted.end(), true) != accepted.end())
        return finish_transaction(std::nullopt);
    finish_transaction(error_of(first_refusal.value_or(reply), "message refused"));
}

// The recipients that nothing has decided yet share this reply.
void ClientSession::Impl::refuse_rest(const Reply& reply) {
    if (!first_refusal) first_refusal = reply;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (!replies[i]) replies[i] = reply;
        accepted[i] = false;
    }
}

void ClientSession::Impl::finish_transaction(std::optional<Error> error) {
    Finished finished;
    finished.error = std::move(error);
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        Reply reply = replies[i].value_or(Reply{0, "", {finished.error ? finished.error->message : ""}});
        finished.recipients.push_back({envelope.recipients[i], std::move(reply), accepted[i]});
    }
    queued.clear();
    any_final = false;
    phase = Phase::ready;
    events.emplace_back(std::move(finished));
}

// The server goes while the transaction runs: what it has said so far stands, the rest gets this reply.
void ClientSession::Impl::finish_cut_off(const Reply& reply) {
    if (phase != Phase::transaction && phase != Phase::body) return;
    bool any = false;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const bool final = any_final && replies[i];
        if (!replies[i]) replies[i] = reply;
        if (!final) accepted[i] = false;
        any = any || accepted[i];
    }
    finish_transaction(any ? std::nullopt : std::optional<Error>(error_of(reply, "server ends the session")));
}

void ClientSession::Impl::body(std::string_view crlf_text) {
    if (phase != Phase::body) return;
    line_ends.append(crlf_text);
    body_octets += crlf_text.size();
    if (line_ends.clean()) return encoder.append(crlf_text, out);
    // SMTP smuggling: without its final dot the message is nobody's.
    fail_with(Errc::data,
              "message has a bare CR, a bare LF or a NUL, which SMTP cannot carry; connection dropped");
}

void ClientSession::Impl::body_end() {
    if (phase != Phase::body) return;
    line_ends.finish();
    if (!line_ends.clean()) return fail_with(Errc::data, "message ends in a bare CR, which SMTP cannot carry");
    encoder.finish(out);
    if (options.trace != nullptr) options.trace->client_line('[' + std::to_string(body_octets) + " octets]");
    phase = Phase::transaction;
    if (options.protocol == Protocol::smtp) return pending.push_back({Awaited::body});
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        if (accepted[i]) pending.push_back({Awaited::body, i});
    }
}

}  // namespace mailpipe::smtp
