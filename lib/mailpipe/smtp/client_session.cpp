#include "mailpipe/smtp/client_session.hpp"

#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/smtp/client_impl.hpp"

namespace mailpipe::smtp {
namespace {

constexpr std::size_t kReplyTextInError = 300;
// RFC 4954 section 4: an initial response that would make the command longer goes after an empty challenge.
constexpr std::size_t kAuthCommandLine = 510;

bool is_positive(const Reply& reply) {
    return reply.code >= 200 && reply.code < 300;
}

std::string describe(const Reply& reply) {
    const ServerReply whole = to_server_reply(reply);
    std::string text = std::to_string(whole.code);
    if (!whole.enhanced.empty()) text += ' ' + whole.enhanced;
    if (!whole.text.empty()) text += ' ' + terminal_text(whole.text.substr(0, kReplyTextInError));
    return text;
}

}  // namespace

std::string_view ClientSession::Impl::name(Awaited what) {
    switch (what) {
        case Awaited::greeting:
            return "the connection (greeting)";
        case Awaited::ehlo:
            return "EHLO";
        case Awaited::helo:
            return "HELO";
        case Awaited::starttls:
            return "STARTTLS";
        case Awaited::auth:
        case Awaited::auth_abort:
            return "AUTH";
        case Awaited::rset:
            return "RSET";
        case Awaited::mail:
            return "MAIL";
        case Awaited::rcpt:
            return "RCPT";
        case Awaited::data:
            return "DATA";
        case Awaited::chunk:
            return "BDAT";
        case Awaited::body:
            return "the message";
        case Awaited::quit:
            return "QUIT";
    }
    return "";
}

ClientStep ClientSession::Impl::next() {
    while (true) {
        if (!out.empty()) return wire::Output{std::exchange(out, {})};
        if (!events.empty()) {
            ClientStep event = std::move(events.front());
            events.pop_front();
            return event;
        }
        if (phase == Phase::ended || awaiting_tls) return wire::NeedInput{};
        const std::size_t before = input.view().size();
        read_reply();
        const bool progress = !out.empty() || !events.empty() || input.view().size() != before;
        if (progress) continue;
        if (input.eof()) {
            end_of_input();
        } else if (phase == Phase::body && may_take_body()) {
            return BodyWanted{};
        } else {
            return wire::NeedInput{};
        }
    }
}

void ClientSession::Impl::read_reply() {
    auto line = framer.next(input);
    if (!line) return fail_with(std::move(line.error()));
    if (*line) reply_line(**line);
}

void ClientSession::Impl::reply_line(std::string_view line) {
    if (options.trace != nullptr) options.trace->server_line(redactor.clean(line));
    auto reply = parser.add(line);
    // The error quotes the beginning of the line.
    if (!reply) reply = parser.add(redactor.clean(line));
    if (!reply) return fail_with(std::move(reply.error()));
    if (!*reply) return;
    // What is acted on stays as it came: the extensions of EHLO and the challenges of AUTH.
    const Awaited what = pending.empty() ? Awaited::quit : pending.front().what;
    if ((what != Awaited::ehlo && what != Awaited::auth) || (*reply)->code >= 400) {
        for (std::string& text : (*reply)->lines)
            text = redactor.clean(text);
    }
    if (pending.empty()) {
        // Nothing was asked, or the message is still on its way: the server is leaving, or it is not in step
        // with us.
        extract_enhanced(**reply);
        if ((*reply)->code < 400)
            return fail_with(Errc::protocol, "reply that nothing was sent for: " + describe(**reply));
        finish_cut_off(**reply);
        return fail_with(reply_kind(**reply), "server ends the session", **reply);
    }
    if (lmtp_replies_due && pending.front().what == Awaited::body) {
        lmtp_replies_due = false;
        pending.pop_front();
        expect_body_replies();
    }
    const Pending answered = pending.front();
    pending.pop_front();
    if (answered.what > Awaited::helo) extract_enhanced(**reply);
    on_reply(answered, **reply);
}

void ClientSession::Impl::end_of_input() {
    if (!pending.empty() && pending.front().what == Awaited::quit) {
        phase = Phase::ended;
        events.emplace_back(Closed{});
        return;
    }
    if (!transactions.empty() && now().any_final)
        finish_cut_off(Reply{421, "4.4.2", {"Connection ended before the reply for this recipient"}});
    if (pending.empty()) return fail_with(Errc::protocol, "server closed the connection");
    fail_with(Errc::protocol,
              "connection ended while waiting for the reply to " + std::string(name(pending.front().what)));
}

void ClientSession::Impl::fail_with(Error error) {
    phase = Phase::ended;
    out.clear();
    pending.clear();
    queued.clear();
    events.emplace_back(wire::Failed{redactor.clean(std::move(error))});
}

void ClientSession::Impl::fail_with(Errc kind, std::string_view what, const Reply& reply) {
    fail_with(Error{kind, std::string(what) + ": " + describe(reply), to_server_reply(reply)});
}

void ClientSession::Impl::send(Pending next_pending, std::string_view line, std::string_view traced) {
    // Every line is built here from checked values; a line end in one would be a command of somebody else's.
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
        return fail_with(Errc::data, "command would contain CR, LF or NUL");
    }
    if (pending.empty() && !input.empty()) {
        // curl CVE-2021-22947 and its like: what answers nothing must not answer the next command.
        return fail_with(Errc::protocol, "server sent more than one reply to a command");
    }
    if (options.trace != nullptr) options.trace->client_line(traced.empty() ? line : traced);
    out += line;
    out += "\r\n";
    pending.push_back(next_pending);
}

void ClientSession::Impl::on_reply(Pending answered, const Reply& reply) {
    if (reply.code == 421 && answered.what != Awaited::quit) {
        finish_cut_off(reply);
        return fail_with(Errc::temporary, "server ends the session", reply);
    }
    switch (answered.what) {
        case Awaited::greeting:
            return on_greeting(reply);
        case Awaited::ehlo:
            return on_ehlo(reply);
        case Awaited::helo:
            return on_helo(reply);
        case Awaited::starttls:
            return on_starttls(reply);
        case Awaited::auth:
            return on_auth(reply);
        case Awaited::auth_abort:
            return fail_with(std::move(*auth_error));
        case Awaited::quit:
            phase = Phase::ended;
            events.emplace_back(Closed{});
            return;
        default:
            return on_transaction_reply(answered, reply);
    }
}

void ClientSession::Impl::on_greeting(const Reply& reply) {
    if (reply.code == 220) {
        done(Stage::connect);
        const bool has_tls = options.tls == TlsUse::implicit;
        return stops_after(Stage::connect) || (has_tls && stops_after(Stage::tls)) ? become_ready()
                                                                                   : send_ehlo();
    }
    if (reply.code < 400) return fail_with(Errc::protocol, "greeting is not 220", reply);
    fail_with(reply.code < 500 ? Errc::temporary : Errc::unavailable, "server refuses the connection", reply);
}

void ClientSession::Impl::send_ehlo() {
    send({Awaited::ehlo}, (options.protocol == Protocol::lmtp ? "LHLO " : "EHLO ") + options.helo_name);
}

void ClientSession::Impl::on_ehlo(const Reply& reply) {
    capabilities = {};
    const bool fallback =
        options.protocol == Protocol::smtp && options.tls != TlsUse::starttls && options.user.empty();
    if (reply.code >= 500 && fallback) return send({Awaited::helo}, "HELO " + options.helo_name);
    if (!is_positive(reply)) return fail_with(reply_kind(reply), "EHLO refused", reply);
    capabilities.esmtp = true;
    for (std::size_t i = 1; i < reply.lines.size(); ++i)
        capabilities.add(reply.lines[i]);
    if (options.tls == TlsUse::starttls && !tls_done) {
        // Required TLS: an offer that is missing ends the session before anything else is said
        // (CVE-2021-22946).
        if (!capabilities.starttls) return fail_with(Errc::unsupported, "server does not offer STARTTLS");
        return send({Awaited::starttls}, "STARTTLS");
    }
    if (options.tls == TlsUse::may && capabilities.starttls && !tls_done)
        return send({Awaited::starttls}, "STARTTLS");
    done(Stage::ehlo);
    const bool may_login = options.tls != TlsUse::may && !stops_after(Stage::ehlo);
    if (!options.user.empty() && may_login) return start_auth();
    become_ready();
}

void ClientSession::Impl::on_helo(const Reply& reply) {
    if (!is_positive(reply)) return fail_with(reply_kind(reply), "HELO refused", reply);
    done(Stage::ehlo);
    become_ready();
}

void ClientSession::Impl::on_starttls(const Reply& reply) {
    if (reply.code >= 400) {
        if (options.tls == TlsUse::may) return become_ready();
        return fail_with(reply.code < 500 ? Errc::temporary : Errc::unsupported, "STARTTLS refused", reply);
    }
    if (reply.code != 220) return fail_with(Errc::protocol, "unexpected reply to STARTTLS", reply);
    if (!input.empty()) return fail_with(Errc::protocol, "server sent data between the STARTTLS reply and TLS");
    awaiting_tls = true;
    events.emplace_back(wire::StartTls{});
}

void ClientSession::Impl::start_auth() {
    const bool plaintext = tls_active() || options.allow_plaintext_auth;
    if (capabilities.auth.empty()) return fail_with(Errc::unsupported, "server does not offer AUTH");
    mechanism = sasl::choose_client(capabilities.auth, sasl::credentials(options, "smtp"), plaintext);
    if (!mechanism) {
        if (!plaintext)
            return fail_with(Errc::auth, "no AUTH mechanism that hides the password is offered; use TLS");
        if (options.password.reveal().empty()) return fail_with(Errc::auth, std::string(sasl::kNoPassword));
        return fail_with(Errc::unsupported, "server offers no AUTH mechanism that is known here");
    }
    const std::string command = "AUTH " + std::string(mechanism->name());
    if (!mechanism->initial_response()) return send({Awaited::auth}, command);
    auto response = mechanism->respond("");
    if (!response) return fail_with(std::move(response.error()));
    redactor.add(*response);
    std::string line = command + ' ' + (response->empty() ? "=" : encode_base64(*response));
    wipe(*response);
    if (line.size() <= kAuthCommandLine) {
        send({Awaited::auth}, line, command + " ***");
    } else {
        mechanism = sasl::choose_client({std::string(mechanism->name())}, sasl::credentials(options, "smtp"),
                                        plaintext);
        send({Awaited::auth}, command);
    }
    wipe(line);
}

void ClientSession::Impl::on_auth(const Reply& reply) {
    if (is_positive(reply)) {
        // A server that does not know the password cannot finish SCRAM, but it can say 235.
        if (mechanism->complete()) {
            done(Stage::auth);
            return become_ready();
        }
        return fail_with(Errc::protocol, "server reports success before the AUTH exchange is complete");
    }
    if (reply.code >= 500 && sasl::is_binding_refusal(mechanism->name(), describe(reply))) {
        options.channel_binding.clear();
        return start_auth();
    }
    if (reply.code >= 400) {
        return fail_with(reply.code < 500 ? Errc::temporary : Errc::auth, "login refused", reply);
    }
    if (reply.code != 334) return fail_with(Errc::protocol, "unexpected reply to AUTH", reply);
    const auto challenge = decode_base64(reply.lines.size() == 1 ? ascii::trim(reply.lines[0]) : "?");
    if (!challenge)
        return abort_auth(Error{Errc::protocol, "AUTH challenge is not base64: " + describe(reply)});
    auto response = mechanism->respond(*challenge);
    if (!response) return abort_auth(std::move(response.error()));
    if (*response != options.user) redactor.add(*response);
    std::string line = encode_base64(*response);
    wipe(*response);
    send({Awaited::auth}, line, "***");
    wipe(line);
}

void ClientSession::Impl::abort_auth(Error error) {
    auth_error = std::move(error);
    send({Awaited::auth_abort}, "*");
}

bool ClientSession::Impl::may_go_ahead() const {
    if (quit_sent || quit_wanted) return false;
    const bool ends = phase == Phase::transaction && transactions.size() == 1 && now().body_ended;
    return phase == Phase::ready || ends;
}

void ClientSession::Impl::send_quit() {
    quit_sent = true;
    send({Awaited::quit}, "QUIT");
}

void ClientSession::Impl::become_ready() {
    mechanism.reset();
    phase = Phase::ready;
    events.emplace_back(Ready{capabilities});
}

ClientSession::ClientSession(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
    if (!impl_->options.helo_name.empty() &&
        impl_->options.helo_name.find_first_of(std::string_view("\r\n\0 ", 4)) == std::string::npos) {
        return;
    }
    impl_->fail_with(Errc::usage, "EHLO name must not be empty or contain spaces or line ends");
}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

ClientStep ClientSession::next() {
    return impl_->next();
}

void ClientSession::feed(std::string_view octets) {
    if (impl_->phase == Impl::Phase::ended) return;
    if (impl_->awaiting_tls) {
        impl_->awaiting_tls = false;
        return impl_->fail_with(Errc::protocol, "server sent data between the STARTTLS reply and TLS");
    }
    impl_->input.append(octets);
}

void ClientSession::feed_eof() {
    impl_->input.set_eof();
}

void ClientSession::tls_started(std::string channel_binding) {
    if (!impl_->awaiting_tls) return;
    impl_->options.channel_binding = std::move(channel_binding);
    impl_->awaiting_tls = false;
    impl_->tls_done = true;
    impl_->done(Stage::tls);
    impl_->stops_after(Stage::tls) ? impl_->become_ready() : impl_->send_ehlo();
}

void ClientSession::submit(Envelope envelope, bool warily) {
    if (impl_->phase == Impl::Phase::ended) return;
    if (!impl_->may_go_ahead()) return impl_->fail_with(Errc::usage, "submit() before Ready or body_end()");
    impl_->submit(std::move(envelope), warily);
}

void ClientSession::body(std::string_view crlf_text) {
    impl_->body(crlf_text);
}

void ClientSession::body_end() {
    impl_->body_end();
}

void ClientSession::quit() {
    if (impl_->phase == Impl::Phase::ended) return;
    if (!impl_->may_go_ahead()) return impl_->fail_with(Errc::usage, "quit() before Ready or body_end()");
    // RFC 2920 section 3.1: QUIT may be the last command of a group, which begins with the message's end.
    const bool waits = impl_->phase != Impl::Phase::ready && !impl_->capabilities.pipelining;
    waits ? void(impl_->quit_wanted = true) : impl_->send_quit();
}

}  // namespace mailpipe::smtp
