#include <string>
#include <utility>

#include "mailpipe/smtp/server_impl.hpp"

namespace mailpipe::smtp {

// The caller's word on MAIL, RCPT or XCLIENT.
void ServerSession::Impl::answer(const Reply& reply) {
    if (state == State::xclient_answer) return client_answered(reply);
    if (state != State::mail_answer && state != State::rcpt_answer) return;
    const bool is_mail = state == State::mail_answer;
    state = State::command;
    if (reply.code >= 400) {
        // A mail server that passes on a list over LMTP is no dictionary attack.
        if (!lmtp() || reply.code == 421) return refuse_command(reply);
        return respond(reply);
    }
    if (is_mail) {
        has_sender = true;
        return respond(250, "2.1.0", "OK");
    }
    ++recipients;
    respond(250, "2.1.5", "OK");
}

void ServerSession::Impl::begin_body() {
    size = 0;
    line_ends = {};
    ends_in_crlf = true;
    last_octet = '\0';
    refused_message.reset();
    events.emplace_back(BodyBegin{});
}

// Takes what is there of the message. A message that is refused is read to its end and not passed on.
std::optional<ServerStep> ServerSession::Impl::take_data() {
    while (true) {
        const auto step = decoder.next(input);
        if (step.status == wire::DotDecoder::Status::need_input) return std::nullopt;
        if (step.status == wire::DotDecoder::Status::end) break;
        size += step.data.size();
        line_ends.append(step.data);
        judge_message();
        if (!refused_message) return BodyData{step.data};
    }
    line_ends.finish();
    judge_message();
    if (options.trace != nullptr) options.trace->client_line('[' + std::to_string(size) + " octets]");
    state = State::body_answer;
    return BodyEnd{refused_message};
}

// Octets that are forbidden outweigh a size that is: which one is met first depends on how the message was cut.
void ServerSession::Impl::judge_message() {
    if (!line_ends.clean()) {
        refused_message = Reply{550, "5.6.0", {"Message has a bare CR, a bare LF or a NUL"}};
    } else if (options.max_size != 0 && size > options.max_size) {
        refused_message =
            Reply{552, "5.3.4", {"Message is larger than " + std::to_string(options.max_size) + " octets"}};
    }
}

void ServerSession::Impl::body_answered(std::vector<Reply> replies) {
    if (state != State::body_answer) return;
    state = State::command;
    const std::size_t wanted = lmtp() ? recipients : 1;
    if (refused_message) replies.assign(wanted, *refused_message);
    // A caller that says too little has not promised anything to the peer.
    replies.resize(wanted, Reply{451, "4.3.0", {"Try again later"}});
    bool leaving = false;
    for (const auto& reply : replies) {
        respond(reply);
        leaving = leaving || reply.code == 421;
        if (reply.code < 400) errors = idle_commands = 0;
    }
    has_sender = false;
    in_chunks = false;
    recipients = 0;
    refused_message.reset();
    if (leaving) end(Error{Errc::unavailable, "session refused"});
}

}  // namespace mailpipe::smtp
