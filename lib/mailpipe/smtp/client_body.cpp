#include <string>

#include "mailpipe/smtp/client_impl.hpp"

// How the message itself goes out: by DATA, or by BDAT (RFC 3030).
namespace mailpipe::smtp {
namespace {

// A message up to this size goes out with its envelope in one flight; it is what the server throws away when it refuses
// every recipient. The chunks of a larger one are of this size, too.
constexpr std::size_t kChunk = 65'536;
// So many chunks may be under way: a refusal stops the message, and the replies to them fit into any buffer.
constexpr std::ptrdiff_t kChunksAhead = 16;

}  // namespace

// BDAT saves the wait for 354, and needs no line that could end the message. Without PIPELINING it saves nothing. One that
// is submitted ahead waits for the replies to its RCPTs at no cost: with them comes the reply to the message before.
void ClientSession::Impl::choose_transfer(Transaction& added, bool waits) const {
    const bool binary = added.envelope.body == Body::binary;
    if (options.stop_after || !capabilities.chunking || (!capabilities.pipelining && !binary)) return;
    const bool small = added.envelope.size && *added.envelope.size <= kChunk && capabilities.pipelining;
    added.transfer = small && !waits ? Transfer::whole : Transfer::chunks;
}

void ClientSession::Impl::want_body() {
    phase = Phase::body;
    line_ends = {};
    body_octets = 0;
    held.clear();
}

bool ClientSession::Impl::may_take_body() const {
    return now().transfer != Transfer::chunks || static_cast<std::ptrdiff_t>(pending.size()) < kChunksAhead;
}

void ClientSession::Impl::body(std::string_view crlf_text) {
    if (phase != Phase::body) return;
    if (crlf_text.empty()) return;
    body_octets += crlf_text.size();
    last_octet = crlf_text.back();
    if (now().envelope.body != Body::binary) {
        line_ends.append(crlf_text);
        // SMTP smuggling: without its end the message is nobody's.
        if (!line_ends.clean())
            return fail_with(
                Errc::data,
                "message has a bare CR, a bare LF or a NUL, which SMTP cannot carry; connection dropped");
    }
    if (now().transfer == Transfer::data) return encoder.append(crlf_text, out);
    if (now().transfer == Transfer::whole && body_octets > kChunk)
        return fail_with(Errc::usage, "message is larger than its envelope says");
    while (held.size() + crlf_text.size() > kChunk) {
        const std::size_t fits = kChunk - held.size();
        held += crlf_text.substr(0, fits);
        crlf_text.remove_prefix(fits);
        send_chunk(false);
        if (phase == Phase::ended) return;
    }
    held += crlf_text;
}

void ClientSession::Impl::body_end() {
    if (phase != Phase::body) return;
    const bool binary = now().envelope.body == Body::binary;
    line_ends.finish();
    if (!binary && !line_ends.clean())
        return fail_with(Errc::data, "message ends in a bare CR, which SMTP cannot carry");
    phase = Phase::transaction;
    now().body_ended = true;
    if (now().transfer == Transfer::data) {
        encoder.finish(out);
        trace_body(body_octets);
        if (options.protocol == Protocol::smtp) return pending.push_back({Awaited::body});
        return expect_body_replies();
    }
    // As DATA, which cannot leave the last line open.
    if (!binary && body_octets > 0 && last_octet != '\n') held += "\r\n";
    send_queued();
    send_chunk(true);
}

// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF
void ClientSession::Impl::send_chunk(bool last) {
    send({last ? Awaited::body : Awaited::chunk},
         "BDAT " + std::to_string(held.size()) + (last ? " LAST" : ""));
    if (phase == Phase::ended) return;
    out += held;
    trace_body(held.size());
    held.clear();
    lmtp_replies_due = last && options.protocol == Protocol::lmtp;
}

void ClientSession::Impl::trace_body(std::uint64_t octets) {
    if (options.trace != nullptr) options.trace->client_line('[' + std::to_string(octets) + " octets]");
}

// LMTP: one reply for each recipient that was accepted (RFC 2033 section 4.2, RFC 3030 section 2); one when there is none.
void ClientSession::Impl::expect_body_replies() {
    const Transaction& transaction = now();
    std::deque<Pending> due;
    for (std::size_t i = 0; i < transaction.accepted.size(); ++i) {
        if (transaction.accepted[i]) due.push_back({Awaited::body, i});
    }
    if (due.empty()) due.push_back({Awaited::body});
    pending.insert(pending.begin(), due.begin(), due.end());
}

// A refused chunk is the end of the message; what is under way is refused with it.
void ClientSession::Impl::on_chunk(const Reply& reply) {
    if (reply.code >= 300 && reply.code < 400)
        return fail_with(Errc::protocol, "unexpected reply to BDAT", reply);
    if (reply.code >= 400) {
        refuse_rest(reply);
        needs_rset = true;
        phase = Phase::transaction;
        held.clear();
    }
    if (phase == Phase::transaction && pending.empty()) {
        const Reply& first = now().first_refusal.value_or(reply);
        finish_transaction(error_of(first, "message refused"));
    }
}

}  // namespace mailpipe::smtp
