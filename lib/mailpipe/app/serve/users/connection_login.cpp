#include <utility>

#include "mailpipe/app/serve/connection.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {

LoginPeer Connection::login_peer() const {
    LoginPeer peer{stream_->peer().address, {}};
    if (!tls_) return peer;
    for (const std::string& name : tls_->client_names)
        peer.certificate_names.push_back(login_name(name));
    return peer;
}

sasl::ServerTls Connection::sasl_tls() const {
    if (!tls_) return {};
    return {tls_->channel_binding, !tls_->client_names.empty()};
}

sasl::ServerSettings Connection::sasl_settings() const {
    sasl::ServerSettings settings = Authenticator::settings(context_.config);
    sasl::ServerTls tls = sasl_tls();
    settings.channel_binding = std::move(tls.channel_binding);
    settings.has_certificate = tls.has_certificate;
    return settings;
}

void Connection::end_pauses() {
    pauses_ = false;
    if (pause_) pause_->cancel();
}

asio::awaitable<LoginVerdict> Connection::log_in(sasl::ServerRequest request) {
    Json json = event("login");
    request.user = login_name(request.user);
    json["user"] = request.user;
    const std::string mechanism(request.mechanism);
    LoginPeer peer = login_peer();
    LoginVerdict verdict =
        co_await context_.authenticator.verify(context_.snapshot, std::move(request), std::move(peer));
    if (!verdict.user.empty() && !take_seat(verdict.user)) {
        verdict.user.clear();
        verdict.later = true;
        co_return verdict;
    }
    verdict.later = verdict.error.has_value();
    if (pauses_) {
        pause_ = std::make_unique<asio::steady_timer>(stream_->executor(), verdict.reply_at);
        asio::error_code ignored;
        co_await pause_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        pause_.reset();
    }
    if (!verdict.user.empty()) json["user"] = verdict.user;
    json["ok"] = !verdict.user.empty();
    json["mechanism"] = mechanism;
    add_tls_version(json);
    context_.events.write(json);
    if (verdict.error) report_store_error(*verdict.error, event("error"));
    co_return verdict;
}

asio::awaitable<sasl::ScramKeys> Connection::find_keys(sasl::ServerRequest request) {
    request.user = login_name(request.user);
    LoginPeer peer = login_peer();
    sasl::ScramKeys keys =
        co_await context_.authenticator.keys(context_.snapshot, std::move(request), std::move(peer));
    co_return keys;
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
