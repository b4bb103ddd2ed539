#include "mailpipe/imap/server/session.hpp"

#include <utility>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/server/limits.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {
namespace {

// Responses are collected up to this before they go out.
constexpr std::size_t kOutputPiece = 65536;

}  // namespace

Session::Impl::Impl(Options given) : options(std::move(given)), framer(limits::kCommandLineBeforeLogin) {
    rev2 = !context().offers("IMAP4rev1") && context().offers("IMAP4rev2");
    line("* OK [" + encode_capabilities(options, Phase::before_login) + "] " + options.host_name +
         " IMAP ready");
}

bool Session::Impl::at_boundary() const {
    return reading == Reading::idle || (reading == Reading::command && !in_command);
}

void Session::Impl::end(std::optional<Error> error) {
    abort_append();
    std::deque<Step> kept;
    for (Step& event : events) {
        if (std::holds_alternative<AppendAborted>(event)) kept.push_back(std::move(event));
    }
    events = std::move(kept);
    failure = std::move(error);
    end_command();
    reading = Reading::over;
    tls_pending = false;
    input.clear();
}

void Session::Impl::say_bye(std::string_view code, std::string_view text, std::optional<Error> error) {
    if (reading == Reading::over) return;
    std::string bye = "* BYE ";
    if (!code.empty()) bye += "[" + std::string(code) + "] ";
    line(bye + (text.empty() ? "Closing" : terminal_text(text)));
    end(std::move(error));
}

Step Session::Impl::next() {
    while (true) {
        if (output_size() >= kOutputPiece) return wire::Output{take_output()};
        if (!events.empty()) {
            Step event = std::move(events.front());
            events.pop_front();
            return event;
        }
        const bool may_read =
            awaiting == Awaiting::nothing && reading != Reading::over && reading != Reading::tls;
        if (may_read && stopping && at_boundary()) {
            say_bye("UNAVAILABLE", "Server is shutting down", std::nullopt);
            continue;
        }
        if (may_read && reading == Reading::append) {
            if (auto octets = take_append()) return std::move(*octets);
            if (reading != Reading::append) continue;
        } else if (may_read && read()) {
            continue;
        }
        if (may_read && inflate_more()) continue;
        if (output_size() > 0) return wire::Output{take_output()};
        if (std::exchange(tls_pending, false)) return wire::StartTls{};
        if (reading == Reading::over) return failure ? Step(wire::Failed{*failure}) : Step(PeerQuit{});
        if (input.eof() && awaiting == Awaiting::nothing) {
            end(Error{Errc::protocol, "the client closed the connection without LOGOUT"});
            continue;
        }
        return wire::NeedInput{};
    }
}

// false: more input is needed.
bool Session::Impl::read() {
    if (reading == Reading::literal || reading == Reading::dropped) {
        if (input.empty() && literal_left > 0) return false;
        reading == Reading::literal ? take_literal() : take_dropped();
        return true;
    }
    const CommandFramer::Step step = framer.next_line(input);
    on_step(step);
    return step.status != CommandFramer::Status::need_input;
}

bool Session::Impl::inflate_more() {
    if (!deflate) return false;
    auto octets = deflate->inflate();
    if (!octets) {
        end(octets.error());
        return true;
    }
    if (octets->empty()) {
        compressed_held = 0;
        return false;
    }
    input.append(*octets);
    return true;
}

void Session::Impl::complete(Completion completion, std::string_view code, std::string_view text) {
    switch (awaiting) {
        case Awaiting::command:
            return tagged(completion, code, text);
        case Awaiting::append:
            return complete_append(completion, code, text);
        case Awaiting::idle_end:
            if (idle_bad) return tagged(Completion::bad, "", "DONE expected");
            return tagged(completion, code, text);
        case Awaiting::nothing:
        case Awaiting::login:
            return;
    }
}

Session::Session(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::feed(std::string_view octets) {
    Impl& self = *impl_;
    if (self.reading == Impl::Reading::over) return;
    // Dovecot CVE-2021-33515: what was sent in the clear must never be read as if it came through TLS.
    if (self.reading == Impl::Reading::tls) {
        self.plain.clear();
        self.out.clear();
        return self.end(Error{Errc::protocol, "the client sent octets between STARTTLS and the TLS handshake"});
    }
    if (self.deflate) {
        self.compressed_held += octets.size();
        self.deflate->feed(octets);
    } else {
        self.input.append(octets);
    }
    const std::size_t held = self.deflate ? self.compressed_held : self.input.view().size();
    if (self.awaiting != Impl::Awaiting::nothing && held > kInputHeld) {
        self.end(Error{Errc::limit, "the client sent more ahead of an answer than kInputHeld (" +
                                        std::to_string(kInputHeld) + " octets)"});
    }
}

void Session::feed_eof() {
    impl_->input.set_eof();
    if (impl_->reading == Impl::Reading::tls)
        impl_->end(Error{Errc::protocol, "the client closed the connection before the TLS handshake"});
}

void Session::tls_started(sasl::ServerTls tls) {
    Impl& self = *impl_;
    if (self.reading != Impl::Reading::tls) return;
    self.reading = Impl::Reading::command;
    self.options.tls_active = true;
    self.options.sasl.channel_binding = std::move(tls.channel_binding);
    self.options.sasl.has_certificate = tls.has_certificate;
}

Step Session::next() {
    return impl_->next();
}

void Session::login_keys(sasl::ScramKeys keys) {
    Impl& self = *impl_;
    if (self.awaiting != Impl::Awaiting::login || !self.mechanism) return;
    self.awaiting = Impl::Awaiting::nothing;
    self.auth_step(self.mechanism->keys(std::move(keys)));
}

void Session::login_accepted(std::string_view) {
    if (impl_->awaiting == Impl::Awaiting::login) impl_->login_accepted();
}

void Session::login_refused(LoginFailure why) {
    if (impl_->awaiting == Impl::Awaiting::login) impl_->login_refused(why);
}

void Session::respond(std::string_view octets) {
    impl_->respond(octets);
}

void Session::respond_with(std::string octets) {
    impl_->respond_with(std::move(octets));
}

std::string Session::take_output() {
    return impl_->take_output();
}

std::size_t Session::output_size() const {
    return impl_->output_size();
}

bool Session::wants_input() const {
    return impl_->awaiting == Impl::Awaiting::nothing && impl_->reading != Impl::Reading::tls &&
           impl_->reading != Impl::Reading::over;
}

void Session::complete(Completion completion, std::string_view code, std::string_view text) {
    impl_->complete(completion, code, text);
}

void Session::selected(bool is_selected) {
    if (impl_->state == Impl::State::not_authenticated) return;
    impl_->state = is_selected ? Impl::State::selected : Impl::State::authenticated;
}

void Session::go_on() {
    impl_->go_on();
}

void Session::bye(std::string_view code, std::string_view text) {
    impl_->say_bye(code, text, std::nullopt);
}

void Session::shut_down() {
    impl_->stopping = true;
}

bool Session::on_silence() {
    if (impl_->awaiting != Impl::Awaiting::nothing) return false;
    impl_->say_bye("", "Silent for too long", std::nullopt);
    return true;
}

bool Session::rev2() const {
    return impl_->rev2;
}

bool Session::condstore() const {
    return impl_->condstore;
}

bool Session::qresync() const {
    return impl_->qresync;
}

bool Session::utf8() const {
    return impl_->utf8();
}

bool Session::uid_only() const {
    return impl_->uid_only;
}

bool Session::metadata() const {
    return impl_->metadata;
}

bool Session::offers(std::string_view capability) const {
    return offers_capability(impl_->options, capability);
}

void Session::enable_condstore() {
    impl_->condstore = true;
}

std::string_view Session::tag() const {
    return impl_->tag;
}

bool Session::idling() const {
    return impl_->reading == Impl::Reading::idle;
}

}  // namespace mailpipe::imap::server
