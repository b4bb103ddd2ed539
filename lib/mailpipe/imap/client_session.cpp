#include "mailpipe/imap/client_session.hpp"

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

// nullopt unless the text begins a FETCH response: "* 12 FETCH (", or "* 12 UIDFETCH (" (RFC 9586).
std::optional<std::uint32_t> fetch_sequence_number(std::string_view text) {
    if (text.substr(0, 2) != "* ") return std::nullopt;
    text.remove_prefix(2);
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(space);
    if (!ascii::starts_with_ignore_case(rest, " FETCH ") && !ascii::starts_with_ignore_case(rest, " UIDFETCH "))
        return std::nullopt;
    const auto number = ascii::parse_number(text.substr(0, space));
    if (!number || *number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

ClientSession::Impl::Impl(ClientOptions client_options)
    : options(std::move(client_options)), tls_active(options.tls == TlsUse::implicit) {
    redactor.add(options.password.reveal());
}

void ClientSession::Impl::fail_with(Error error) {
    if (!failed) failed = redactor.clean(std::move(error));
}

void ClientSession::Impl::trace_server(std::string_view line) const {
    if (options.trace != nullptr) options.trace->server_line(redactor.clean(line));
}

std::string ClientSession::Impl::shown(std::string_view text) const {
    return "\"" + redactor.clean(text).substr(0, 100) + "\"";
}

Error ClientSession::Impl::refused(std::string_view what, const ResponseText& text, Errc otherwise) const {
    return redactor.clean(refusal(what, text, otherwise));
}

// A server may say at any time what it likes, and one that never stops would keep this side for ever.
void ClientSession::Impl::count_unasked(std::uint64_t octets) {
    unasked += octets;
    if (unasked > limits::kImapUnasked) {
        fail_with(Errc::limit, "more that nobody asked for than kImapUnasked (" +
                                   std::to_string(limits::kImapUnasked) + " octets)");
    }
}

ClientStep ClientSession::Impl::next() {
    while (true) {
        if (!events.empty()) {
            ClientStep step = std::move(events.front());
            events.pop_front();
            return step;
        }
        if (failed) return wire::Failed{*failed};
        if (closed) return Closed{};
        send_commands();
        if (!events.empty()) continue;
        if (!output.empty()) {
            std::string text = std::exchange(output, {});
            if (deflate) text = deflate->compress(text);
            return wire::Output{std::move(text)};
        }
        if (append_begun && !std::exchange(append_asked, true)) return AppendMore{append_left};
        if (tls_wanted) {
            tls_wanted = false;
            tls_pending = true;
            return wire::StartTls{};
        }
        if (tls_pending && !input.eof()) return wire::NeedInput{};
        if (auto step = pump()) return std::move(*step);
    }
}

std::optional<ClientStep> ClientSession::Impl::pump() {
    const auto step = framer.next(input);
    if (!step) {
        fail_with(step.error());
        return std::nullopt;
    }
    switch (step->status) {
        case ResponseFramer::Status::need_input:
            if (inflate()) return std::nullopt;
            if (!input.eof()) return wire::NeedInput{};
            on_eof();
            return std::nullopt;
        case ResponseFramer::Status::text:
            on_text(*step);
            return std::nullopt;
        case ResponseFramer::Status::literal:
            return on_literal(*step);
        case ResponseFramer::Status::numbers:
            on_numbers(*step);
            return std::nullopt;
    }
    return std::nullopt;
}

void ClientSession::Impl::feed(std::string_view octets) {
    if (deflate) {
        deflate->feed(octets);
    } else {
        input.append(octets);
    }
}

// Whether there is more of what came compressed, or it is none.
bool ClientSession::Impl::inflate() {
    if (!deflate) return false;
    const auto octets = deflate->inflate();
    if (!octets) {
        fail_with(octets.error());
        return true;
    }
    input.append(*octets);
    return !octets->empty();
}

void ClientSession::Impl::on_text(const ResponseFramer::Step& step) {
    const bool challenge = step.octets.substr(0, 1) == "+" && in_flight(Verb::authenticate) != nullptr;
    trace_server(challenge ? "+ ***" : step.octets);
    if (response.text.empty()) fetch_number = fetch_sequence_number(step.octets);
    response.text += step.octets;
    if (!step.last) {
        begin_literal(step);
        return;
    }
    asked = response.text.substr(0, 2) != "* ";
    const std::size_t octets = response.text.size() + buffered;
    on_response();
    if (!asked) count_unasked(octets);
    response = {};
    tracker = {};
    fetch_number.reset();
    buffered = 0;
    body_section.clear();
}

void ClientSession::Impl::begin_literal(const ResponseFramer::Step& step) {
    std::string section;
    if (fetch_number) {
        tracker.append(step.octets);
        section = tracker.body_section();
    }
    response.literals.push_back({response.text.size(), step.literal_size, !section.empty(), {}});
    body_streams = !section.empty() && wants_section(section);
    if (body_streams) {
        if (!body_section.empty())
            return fail_with(Errc::protocol, "FETCH response with two bodies of one message");
        body_section = section;
        events.push_back(BodyBegin{*fetch_number, step.literal_size});
    } else if (section.empty() && step.literal_size > limits::kImapLiteralBuffered - buffered) {
        fail_with(Errc::limit, "literals of " + std::to_string(step.literal_size) +
                                   " octets that are no body: more than kImapLiteralBuffered (" +
                                   std::to_string(limits::kImapLiteralBuffered) + " octets)");
    }
}

std::optional<ClientStep> ClientSession::Impl::on_literal(const ResponseFramer::Step& step) {
    Response::Literal& literal = response.literals.back();
    if (step.last) trace_server("[" + std::to_string(literal.size) + " octets]");
    if (!literal.streamed) {
        literal.octets += step.octets;
        buffered += step.octets.size();
        return std::nullopt;
    }
    if (!body_streams) count_unasked(step.octets.size());
    if (!body_streams || step.octets.empty()) return std::nullopt;
    return BodyData{step.octets};
}

void ClientSession::Impl::on_eof() {
    if (bye && in_flight(Verb::logout) != nullptr) {
        // Some servers close right behind BYE, without the tagged OK.
        closed = true;
        commands.clear();
        commands_in_flight = 0;
        events.push_back(Closed{});
        return;
    }
    std::string what = "truncated: the server closed the connection ";
    if (framer.literal_octets_missing() > 0) {
        what += "with " + std::to_string(framer.literal_octets_missing()) + " octets of a literal missing";
    } else if (!framer.between_responses() || !input.empty()) {
        what += "inside of a response";
    } else if (!greeted) {
        what += "before its greeting";
    } else if (commands_in_flight > 0) {
        what += "while the reply to " + std::string(name_of(commands.front().verb)) + " was awaited";
    } else {
        what += "without BYE";
    }
    fail_with(Errc::protocol, std::move(what));
}

ClientSession::ClientSession(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

void ClientSession::feed(std::string_view octets) {
    if (octets.empty() || impl_->failed || impl_->closed) return;
    if (impl_->tls_wanted || impl_->tls_pending) {
        impl_->fail_with(Errc::protocol, "octets behind the reply to STARTTLS before the TLS handshake");
        return;
    }
    impl_->feed(octets);
}

void ClientSession::feed_eof() {
    impl_->input.set_eof();
}
void ClientSession::tls_started(std::string channel_binding) {
    impl_->options.channel_binding = std::move(channel_binding);
    impl_->on_tls_started();
}
ClientStep ClientSession::next() {
    return impl_->next();
}
std::size_t ClientSession::outstanding() const {
    return impl_->outstanding();
}

}  // namespace mailpipe::imap
