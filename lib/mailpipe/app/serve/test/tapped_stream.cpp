#include "mailpipe/app/serve/test/tapped_stream.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/serve/test/test_mode.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

using std::chrono::milliseconds;

// So long it takes at most until the end of the server, or of the connection, is noticed.
constexpr milliseconds kSlice{50};
constexpr milliseconds kPatience{24LL * 3600 * 1000};

Fail by_fault() {
    return fail(Errc::io, "a fault has ended the connection");
}

}  // namespace

TappedStream::TappedStream(net::ServerStream& stream, TestMode& mode, FaultProtocol protocol,
                           std::uint64_t connection, std::string_view peer)
    : stream_(stream), mode_(mode), tap_(Tap::make(mode.tap_options(protocol, connection, peer))) {}

TappedStream::~TappedStream() {
    mode_.record(tap_->take_log());
}

// false: the server is ending.
asio::awaitable<bool> TappedStream::pause(milliseconds time) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stream_.cancelled() && std::chrono::steady_clock::now() < end) {
        timer.expires_at(std::min(end, std::chrono::steady_clock::now() + kSlice));
        asio::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return !stream_.cancelled();
}

asio::awaitable<void> TappedStream::wait_for_end() {
    while (true) {
        Result<std::string_view> octets = co_await stream_.read(kPatience);
        if (!octets || octets->empty()) co_return;
    }
}

asio::awaitable<Result<void>> TappedStream::perform(Tap::Effect effect, milliseconds timeout) {
    if (effect.delay.count() > 0) {
        const bool going = co_await pause(effect.delay);
        if (!going) ended_ = true;
        if (!going) co_return by_fault();
    }
    std::string_view rest = effect.octets;
    while (!rest.empty()) {
        const std::size_t most = effect.rate == 0 ? rest.size() : std::max<std::uint64_t>(1, effect.rate / 10);
        const std::string_view part = rest.substr(0, most);
        Result<void> written = co_await stream_.write(part, timeout);
        if (!written) co_return written;
        rest.remove_prefix(part.size());
        if (effect.rate == 0 || rest.empty()) continue;
        const bool going = co_await pause(milliseconds(1000 * part.size() / effect.rate));
        if (!going) ended_ = true;
        if (!going) co_return by_fault();
    }
    if (effect.then == Tap::Then::go_on) co_return Result<void>{};
    ended_ = true;
    if (effect.then == Tap::Then::hang) co_await wait_for_end();
    if (effect.then == Tap::Then::reset) stream_.reset();
    co_return by_fault();
}

asio::awaitable<Result<void>> TappedStream::accepted() {
    Tap::Effect effect = tap_->connected();
    co_return co_await perform(std::move(effect), write_timeout_);
}

asio::awaitable<Result<std::string_view>> TappedStream::read(milliseconds timeout) {
    while (true) {
        if (ended_) co_return by_fault();
        Tap::Step step = tap_->next();
        if (auto* effect = std::get_if<Tap::Effect>(&step)) {
            Tap::Effect now = std::move(*effect);
            Result<void> done = co_await perform(std::move(now), write_timeout_);
            if (!done) co_return tl::unexpected(done.error());
            continue;
        }
        if (auto* to = std::get_if<Tap::ToSession>(&step)) {
            fed_ = std::move(to->octets);
            co_return std::string_view(fed_);
        }
        Result<std::string_view> octets = co_await stream_.read(timeout);
        if (!octets) co_return octets;
        tap_->received(*octets);
    }
}

asio::awaitable<Result<void>> TappedStream::write(std::string octets, milliseconds timeout) {
    if (ended_) co_return by_fault();
    write_timeout_ = timeout;
    Tap::Effect effect = tap_->sent(std::move(octets));
    co_return co_await perform(std::move(effect), timeout);
}

asio::awaitable<Result<net::TlsInfo>> TappedStream::start_tls(std::shared_ptr<net::TlsContext> context,
                                                              milliseconds timeout) {
    if (ended_) co_return by_fault();
    Tap::Handshake handshake = tap_->tls_begins();
    Tap::Effect effect = std::move(handshake.effect);
    Result<void> done = co_await perform(std::move(effect), timeout);
    if (!done && ended_) co_await stream_.close();
    if (!done) co_return tl::unexpected(done.error());
    if (handshake.expired) context = mode_.expired_context();
    Result<net::TlsInfo> info = co_await stream_.start_tls(std::move(context), timeout);
    if (info) tap_->tls_started();
    co_return info;
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
