#include "mailpipe/pop3/client_session.hpp"

#include "mailpipe/base/limits.hpp"
#include "mailpipe/pop3/client_impl.hpp"

namespace mailpipe::pop3 {

ClientSession::Impl::Impl(ClientOptions given)
    : options(std::move(given)), framer(wire::LineEnd::crlf_or_lf, limits::kReplyLine, "kReplyLine") {
    tls_on = options.tls == TlsUse::implicit;
    if (options.window == 0) options.window = 1;
    redactor.add(options.password.reveal());
    check_credentials();
}

void ClientSession::Impl::send(std::string_view line, std::string_view traced) {
    output += line;
    output += "\r\n";
    if (options.trace != nullptr) options.trace->client_line(traced);
}

void ClientSession::Impl::fail_with(Error error) {
    if (!failure) failure = redactor.clean(std::move(error));
    output.clear();
}

Error ClientSession::Impl::refused(const StatusReply& reply, Errc otherwise, const std::string& what) const {
    const std::string text = redactor.clean(reply.text);
    return redactor.clean(refusal({reply.ok, text, reply.code}, otherwise, what));
}

std::string ClientSession::Impl::awaited() const {
    switch (phase) {
        case Phase::greeting:
            return "the greeting";
        case Phase::capa:
            return "the answer to CAPA";
        case Phase::stls:
            return "the answer to STLS";
        case Phase::tls:
            return "the TLS handshake";
        case Phase::settings:
            return "the answer to UTF8 or LANG";
        case Phase::sasl:
            return "the answer to AUTH";
        case Phase::user:
            return "the answer to USER";
        case Phase::pass:
            return "the answer to PASS";
        case Phase::apop:
            return "the answer to APOP";
        case Phase::closed:
            return "nothing";
        case Phase::ready:
            break;
    }
    if (in_flight.empty()) return "a command";
    return (part == Part::body ? "the end of the answer to " : "the answer to ") + in_flight.front().name();
}

std::optional<std::string_view> ClientSession::Impl::read_line() {
    auto line = framer.next(input);
    if (!line) {
        fail_with(line.error().kind, awaited() + ": " + line.error().message);
        return std::nullopt;
    }
    if (!*line) return std::nullopt;
    if (options.trace != nullptr) options.trace->server_line(redactor.clean(**line));
    return **line;
}

ClientStep ClientSession::Impl::next() {
    while (true) {
        if (failure) return wire::Failed{*failure};
        if (phase == Phase::ready && !ready_pending) send_commands();
        if (failure) return wire::Failed{*failure};
        if (!output.empty()) return wire::Output{std::exchange(output, {})};
        if (phase == Phase::closed) return Closed{};
        if (tls_pending) {
            tls_pending = false;
            return wire::StartTls{};
        }
        if (ready_pending) {
            ready_pending = false;
            return Ready{capabilities};
        }
        if (phase == Phase::ready) {
            if (auto step = read_reply()) return std::move(*step);
        } else if (phase != Phase::tls) {
            if (const auto line = read_line()) {
                on_login_line(*line);
                continue;
            }
        }
        if (failure) continue;
        if (input.eof()) {
            fail_with(Errc::protocol, "truncated: the server closed the connection, awaited was " + awaited());
            continue;
        }
        return wire::NeedInput{};
    }
}

ClientSession::ClientSession(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

void ClientSession::feed(std::string_view octets) {
    if (impl_->failure || impl_->phase == Impl::Phase::closed) return;
    // curl CVE-2021-22947: what a man in the middle sends ahead of the handshake must never be read after it.
    if (impl_->phase == Impl::Phase::tls) {
        impl_->fail_with(Errc::protocol,
                         "the server sent octets between its answer to STLS and the TLS handshake");
        return;
    }
    impl_->input.append(octets);
}

void ClientSession::feed_eof() {
    impl_->input.set_eof();
}
void ClientSession::tls_started(std::string channel_binding) {
    impl_->options.channel_binding = std::move(channel_binding);
    impl_->start_tls();
}
ClientStep ClientSession::next() {
    return impl_->next();
}

void ClientSession::stat() {
    impl_->queue({Impl::Verb::stat, 0, 0});
}
void ClientSession::list() {
    impl_->queue({Impl::Verb::list, 0, 0});
}
void ClientSession::uidl() {
    impl_->queue({Impl::Verb::uidl, 0, 0});
}
void ClientSession::retr(std::uint32_t number) {
    impl_->queue({Impl::Verb::retr, number, 0});
}
void ClientSession::top(std::uint32_t number, std::uint32_t lines) {
    impl_->queue({Impl::Verb::top, number, lines});
}
void ClientSession::dele(std::uint32_t number) {
    impl_->queue({Impl::Verb::dele, number, 0});
}
void ClientSession::quit() {
    impl_->queue({Impl::Verb::quit, 0, 0});
    impl_->quit_queued = true;
}

std::size_t ClientSession::outstanding() const {
    return impl_->unsent.size() + impl_->in_flight.size();
}

}  // namespace mailpipe::pop3
