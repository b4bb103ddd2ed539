#include "mailpipe/app/serve/connection.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/test/test_mode.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

constexpr std::chrono::seconds kHandshake{30};
constexpr std::chrono::seconds kTurnAwayTimeout{2};

}  // namespace

Connection::Connection(const Context& context, const ListenSocket& socket,
                       std::unique_ptr<net::ServerStream> stream, std::uint64_t number)
    : context_(context),
      socket_(socket),
      stream_(std::move(stream)),
      number_(number),
      pause_(stream_->executor()) {
    if (context.config.test != nullptr) presence_ = context.config.test->enter();
}

Json Connection::event(std::string_view name) const {
    Json json = make_event(name);
    json["connection"] = number_;
    return json;
}

void Connection::report(const Error& error, Json json) const {
    json["kind"] = kind_name(error.kind);
    json["message"] = error.message;
    context_.events.write(json);
}

void Connection::report_store_error(const Error& error, Json json) const {
    report(error, std::move(json));
    context_.diagnostics.note("", error.message);
}

void Connection::add_tls_version(Json& json) const {
    if (tls_info_) json["tls"] = tls_info_->version;
}

asio::awaitable<bool> Connection::arrive() {
    const auto verdict =
        context_.admission.connection(stream_->peer(), context_.config.limits, Clock::now(), admitted_);
    if (verdict) co_return true;
    const smtp::Reply& reply = verdict.error();
    Json json = event("error");
    json["reply"] = json_of(reply);
    report(Error{Errc::limit, "turned away: " + reply.lines[0]}, std::move(json));
    // Inside of a TLS socket nothing can be said before the handshake; and under stress there is no time for words.
    if (socket_.location.implicit_tls() || context_.admission.under_stress()) co_return false;
    const std::string octets = refusal(reply);
    Result<void> written = co_await stream_->write(std::string_view(octets), kTurnAwayTimeout);
    if (written) co_await stream_->close();
    co_return false;
}

bool Connection::take_seat(const std::string& user) {
    const auto verdict = context_.admission.login(user, context_.config.limits, admitted_);
    if (verdict) return true;
    Json json = event("error");
    json["user"] = user;
    json["reply"] = json_of(verdict.error());
    report(Error{Errc::limit, "login refused: " + verdict.error().lines[0]}, std::move(json));
    return false;
}

asio::awaitable<bool> Connection::write(std::string octets) {
    Result<void> written = co_await stream_->write(std::string_view(octets), context_.config.timeout);
    if (!written) report(written.error());
    co_return written.has_value();
}

asio::awaitable<bool> Connection::start_tls() {
    const std::shared_ptr<net::TlsContext> tls = context_.config.tls;
    const auto timeout = std::min<std::chrono::milliseconds>(context_.config.timeout, kHandshake);
    Result<net::TlsInfo> info = co_await stream_->start_tls(tls, timeout);
    if (!info) {
        report(info.error());
        co_return false;
    }
    tls_info_ = *info;
    co_return true;
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
