#include "mailpipe/app/serve/metrics/metrics_server.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "mailpipe/app/serve/metrics/http_answer.hpp"
#include "mailpipe/base/ascii.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kPath = "/metrics";
constexpr std::uint64_t kNoPort = 65536;
constexpr std::size_t kOpen = 16;
constexpr std::chrono::seconds kRequestTimeout{5};  // as a whole, however it drips
constexpr std::chrono::seconds kAnswerTimeout{5};

}  // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const asio::any_io_executor& executor,
                                                             const std::string& url) {
    std::string_view rest = url;
    const bool framed = rest.starts_with(kScheme) && rest.ends_with(kPath);
    if (framed) {
        rest.remove_prefix(kScheme.size());
        rest.remove_suffix(kPath.size());
    }
    const std::size_t colon = rest.rfind(':');
    const std::uint64_t port = ascii::parse_number(rest.substr(colon + 1)).value_or(kNoPort);
    std::string host(rest.substr(0, colon));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!framed || colon == std::string_view::npos || port >= kNoPort || host.empty() ||
        host.find('/') != std::string::npos)
        return fail(Errc::usage, "--metrics " + url + ": http://HOST:PORT/metrics is expected");
    auto listener = net::Listener::tcp(executor, host, static_cast<std::uint16_t>(port));
    if (!listener) return tl::unexpected(listener.error());
    return std::unique_ptr<MetricsServer>(new MetricsServer(executor, std::move(*listener)));
}

void MetricsServer::serve(Text text) {
    text_ = std::move(text);
    asio::co_spawn(executor_, accept(), asio::detached);
}

asio::awaitable<void> MetricsServer::accept() {
    while (true) {
        Result<net::Accepted> accepted = co_await listener_->accept();
        if (!accepted) co_return;
        if (streams_.size() >= kOpen) continue;
        asio::co_spawn(executor_, answer(std::move(*accepted)), asio::detached);
    }
}

asio::awaitable<void> MetricsServer::answer(net::Accepted accepted) {
    net::ServerStream stream(executor_, accepted.socket.release(), std::move(accepted.peer));
    streams_.insert(&stream);
    const auto end = steady_clock::now() + kRequestTimeout;
    std::string received;
    std::optional<HttpRequest> request;
    while (!request) {
        const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        Result<std::string_view> octets = co_await stream.read(std::max(left, milliseconds(0)));
        if (!octets || octets->empty()) break;
        received.append(octets->substr(0, kHttpRequest + 1 - std::min(received.size(), kHttpRequest)));
        request = parse_http_request(received, kPath);
    }
    if (request) {
        std::string body;
        if (request->status == 200) body = co_await text_();
        const std::string whole = encode_http_answer(request->status, body);
        Result<void> written = co_await stream.write(std::string_view(whole), kAnswerTimeout);
        if (written) co_await stream.close();
    }
    streams_.erase(&stream);
}

void MetricsServer::close() {
    listener_->close();
    for (net::ServerStream* stream : streams_)
        stream->abort();
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
