#include "mailpipe/net/server_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "mailpipe/base/secret.hpp"
#include "mailpipe/net/socket.hpp"

// Behind the configuration.
#include <asio/post.hpp>

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kChunk = 64U << 10;
constexpr milliseconds kLinger{1'000};
constexpr std::size_t kLingerOctets = 1U << 20;

constexpr steady_clock::time_point kNever = steady_clock::time_point::max();

enum class Received { octets, nothing_yet, end };

Fail shutting_down() {
    return fail(Errc::temporary, "shutting down");
}

}  // namespace

struct ServerStream::Impl {
    Impl(const asio::any_io_executor& executor, int number, Peer whose)
        : descriptor(executor, number), timer(executor), peer(std::move(whose)) {}

    asio::posix::stream_descriptor descriptor;
    asio::steady_timer timer;
    Peer peer;
    std::unique_ptr<TlsEngine> tls;
    std::unique_ptr<char[]> buffer;  // only while its octets are in use
    std::size_t filled = 0;          // octets of buffer that were ever used
    std::string_view fresh;          // of buffer, what recv() has left there
    std::string ahead;               // plaintext that no read() has returned yet
    std::string plaintext;           // what the last read() returned
    std::string unsent;  // that goes before anything else: answers of TLS itself, rests of write_now()
    std::unique_ptr<Error> read_error;
    steady_clock::time_point wait_end = kNever;  // of the present wait
    bool timer_runs = false;
    std::uint64_t timer_number = 0;  // tells a timer that comes late from the present one
    bool timed_out = false;
    bool end = false;
    bool cancelled = false;
    bool aborted = false;
    bool cancellable_wait = false;
    bool interrupted = false;

    Result<Received> receive(std::size_t most = kChunk) {
        if (!buffer) buffer.reset(new char[kChunk]);
        while (true) {
            const ssize_t count = ::recv(descriptor.native_handle(), buffer.get(), most, MSG_DONTWAIT);
            if (count > 0) {
                fresh = std::string_view(buffer.get(), static_cast<std::size_t>(count));
                filled = std::max(filled, fresh.size());
                return Received::octets;
            }
            if (count == 0) {
                end = true;
                return Received::end;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) return Received::nothing_yet;
            if (errno != EINTR) return fail_network(errno, "connection lost");
        }
    }

    // Overwritten first: a client's password comes this way.
    void release_buffers() {
        if (buffer) wipe(buffer.get(), std::exchange(filled, 0));
        wipe(plaintext);
        buffer.reset();
        fresh = {};
        std::string().swap(plaintext);
    }

    Result<void> decrypt() {
        if (end) tls->put_eof();
        tls->put_ciphertext(std::exchange(fresh, {}));
        auto more = tls->read(ahead);
        // The octets before a truncation are handed out first, then the truncation.
        if (end && more && *more) more = tls->read(ahead);
        if (!more) {
            read_error = std::make_unique<Error>(more.error());
            if (ahead.empty()) return tl::unexpected(more.error());
        } else if (!*more) {
            end = true;
        }
        return {};
    }

    // What read() returns; nullopt: nothing yet, or `unsent` is to be sent first.
    Result<std::optional<std::string_view>> take() {
        while (unsent.empty()) {
            if (aborted) return fail(Errc::io, "the connection is closed");
            if (!ahead.empty()) {
                plaintext.swap(ahead);
                return std::string_view(plaintext);
            }
            if (read_error) return tl::unexpected(*read_error);
            if (end) return std::string_view();
            if (cancelled) return shutting_down();
            const Result<Received> received = receive();
            if (!received) return tl::unexpected(received.error());
            if (*received == Received::nothing_yet) break;
            if (!tls) return std::exchange(fresh, {});
            if (auto decrypted = decrypt(); !decrypted) return tl::unexpected(decrypted.error());
            unsent = tls->take_ciphertext();
        }
        return std::nullopt;
    }

    // One attempt, for what may be lost: alerts and close_notify at the end.
    void send_what_fits(std::string_view octets) const {
        if (octets.empty() || !descriptor.is_open()) return;
        (void)::send(const_cast<Impl*>(this)->descriptor.native_handle(), octets.data(), octets.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    }
};

namespace {

using WaitType = asio::posix::descriptor_base::wait_type;

// A timer that runs stays for the waits that come, which mostly end later: to set it for each costs a system call, and to
// cancel it a turn of the loop.
template <class State>
void set_timer(const std::shared_ptr<State>& state) {
    if (state->timer_runs && state->timer.expiry() <= state->wait_end) return;
    const std::uint64_t number = ++state->timer_number;
    state->timer_runs = true;
    state->timer.expires_at(state->wait_end);
    std::weak_ptr<State> weak = state;
    state->timer.async_wait([weak, number](const asio::error_code& error) {
        const auto alive = weak.lock();
        if (error || !alive || alive->timer_number != number || alive->aborted) return;
        alive->timer_runs = false;
        if (alive->wait_end == kNever) return;
        if (steady_clock::now() < alive->wait_end) return set_timer(alive);
        alive->timed_out = true;
        alive->descriptor.cancel();
    });
}

// An error: there is nothing to wait for. `State` is ServerStream::Impl, which only its class can name.
template <class State>
Result<void> begin_wait(const std::shared_ptr<State>& state, steady_clock::time_point end, bool cancellable) {
    if (state->aborted) return fail(Errc::io, "the connection is closed");
    if (cancellable && state->cancelled) return shutting_down();
    state->timed_out = false;
    state->cancellable_wait = cancellable;
    state->wait_end = end;
    set_timer(state);
    return {};
}

template <class State>
Result<void> end_wait(State& state, const asio::error_code& error, milliseconds timeout) {
    state.wait_end = kNever;
    const bool cancellable = std::exchange(state.cancellable_wait, false);
    if (state.aborted) return fail(Errc::io, "the connection is closed");
    if (cancellable && state.cancelled) return shutting_down();
    if (std::exchange(state.interrupted, false)) return fail(Errc::temporary, "interrupted");
    if (state.timed_out) return fail(Errc::temporary, "timed out, no octet for " + seconds_text(timeout));
    if (error) return fail(Errc::io, "waiting for the connection: " + error.message());
    return {};
}

// Waits until the descriptor is ready. Parameters by value: the coroutine outlives its caller's temporaries.
template <class State>
asio::awaitable<Result<void>> wait_until(std::shared_ptr<State> state, WaitType type,
                                         steady_clock::time_point end, bool cancellable, milliseconds timeout) {
    Result<void> begun = begin_wait(state, end, cancellable);
    if (!begun) co_return begun;
    asio::error_code error;
    co_await state->descriptor.async_wait(type, asio::redirect_error(asio::use_awaitable, error));
    co_return end_wait(*state, error, timeout);
}

// How much of it goes at once.
Result<std::size_t> send_some(int descriptor, std::string_view octets) {
    std::size_t sent = 0;
    while (sent < octets.size()) {
        const ssize_t count =
            ::send(descriptor, octets.data() + sent, octets.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != EINTR) {
            return fail_network(errno, "connection lost");
        }
    }
    return sent;
}

template <class State>
asio::awaitable<Result<void>> send_all(std::shared_ptr<State> state, std::string_view octets,
                                       milliseconds timeout) {
    const auto latest = steady_clock::now() + timeout + std::chrono::seconds(octets.size() / kOctetsPerSecond);
    while (!octets.empty()) {
        if (state->aborted) co_return fail(Errc::io, "the connection is closed");
        const Result<std::size_t> sent = send_some(state->descriptor.native_handle(), octets);
        if (!sent) co_return tl::unexpected(sent.error());
        octets.remove_prefix(*sent);
        if (octets.empty()) break;
        const auto end = std::min(steady_clock::now() + timeout, latest);
        Result<void> ready = co_await wait_until(state, WaitType::wait_write, end, false, timeout);
        if (!ready) co_return ready;
    }
    co_return Result<void>{};
}

}  // namespace

ServerStream::ServerStream(const asio::any_io_executor& executor, int descriptor, Peer peer) {
    set_no_delay(descriptor);
    impl_ = std::make_shared<Impl>(executor, descriptor, std::move(peer));
}

ServerStream::~ServerStream() {
    abort();
}

asio::awaitable<Result<std::string_view>> ServerStream::read(milliseconds timeout) {
    const std::shared_ptr<Impl> state = impl_;
    const auto end = steady_clock::now() + timeout;
    wipe(state->plaintext);
    while (true) {
        Result<std::optional<std::string_view>> taken = state->take();
        if (!taken) co_return tl::unexpected(taken.error());
        if (*taken) co_return **taken;
        // The frame is held as long as the peer says nothing: what it has is little.
        Result<void> done;
        if (state->unsent.empty()) {
            state->release_buffers();
            done = co_await wait_until(state, WaitType::wait_read, end, true, timeout);
        } else {
            done = co_await send_all(state, std::string_view(state->unsent), timeout);
            std::string().swap(state->unsent);
        }
        if (!done) co_return tl::unexpected(done.error());
    }
}

Result<std::optional<std::string_view>> ServerStream::read_now() {
    wipe(impl_->plaintext);
    return impl_->take();
}

void ServerStream::await_input(milliseconds timeout, std::function<void(Result<void>)> done) {
    const std::shared_ptr<Impl> state = impl_;
    state->release_buffers();
    const Result<void> begun = begin_wait(state, steady_clock::now() + timeout, true);
    if (!begun) {
        asio::post(executor(), [begun, done = std::move(done)] { done(begun); });
        return;
    }
    auto ended = [state, timeout, done = std::move(done)](const asio::error_code& error) {
        done(end_wait(*state, error, timeout));
    };
    state->descriptor.async_wait(WaitType::wait_read, std::move(ended));
}

Result<void> ServerStream::write_now(std::string_view octets) {
    Impl& impl = *impl_;
    if (impl.aborted) return fail(Errc::io, "the connection is closed");
    std::string ciphertext;
    if (impl.tls) {
        if (auto encrypted = impl.tls->write(octets); !encrypted) return encrypted;
        ciphertext = impl.tls->take_ciphertext();
        octets = ciphertext;
    }
    Result<std::size_t> sent = 0;
    if (impl.unsent.empty()) sent = send_some(impl.descriptor.native_handle(), octets);
    if (!sent) return tl::unexpected(sent.error());
    impl.unsent += octets.substr(*sent);
    return {};
}

bool ServerStream::unsent() const {
    return !impl_->unsent.empty();
}

asio::awaitable<Result<void>> ServerStream::write_unsent(milliseconds timeout) {
    const std::shared_ptr<Impl> state = impl_;
    Result<void> sent = co_await send_all(state, std::string_view(state->unsent), timeout);
    std::string().swap(state->unsent);
    co_return sent;
}

asio::awaitable<Result<std::string_view>> ServerStream::read_some(std::size_t most, milliseconds timeout) {
    const std::shared_ptr<Impl> state = impl_;
    const auto end = steady_clock::now() + timeout;
    while (true) {
        if (state->aborted) co_return fail(Errc::io, "the connection is closed");
        if (state->cancelled) co_return shutting_down();
        Result<Received> received = state->receive(std::min(most, kChunk));
        if (!received) co_return tl::unexpected(received.error());
        if (*received != Received::nothing_yet) co_return std::exchange(state->fresh, {});
        Result<void> ready = co_await wait_until(state, WaitType::wait_read, end, true, timeout);
        if (!ready) co_return tl::unexpected(ready.error());
    }
}

asio::awaitable<Result<void>> ServerStream::write(std::string_view octets, milliseconds timeout) {
    const std::shared_ptr<Impl> state = impl_;
    if (!state->tls) co_return co_await send_all(state, octets, timeout);
    while (!octets.empty()) {
        const std::string_view part = octets.substr(0, kChunk);
        Result<void> encrypted = state->tls->write(part);
        if (!encrypted) co_return encrypted;
        const std::string ciphertext = state->tls->take_ciphertext();
        Result<void> sent = co_await send_all(state, std::string_view(ciphertext), timeout);
        if (!sent) co_return sent;
        octets.remove_prefix(part.size());
    }
    co_return Result<void>{};
}

asio::awaitable<Result<TlsInfo>> ServerStream::start_tls(std::shared_ptr<TlsContext> context,
                                                         milliseconds timeout) {
    const std::shared_ptr<Impl> state = impl_;
    const auto end = steady_clock::now() + timeout;
    if (state->tls) co_return fail(Errc::protocol, "TLS is already active");
    Result<std::unique_ptr<TlsEngine>> engine = TlsEngine::server(std::move(context));
    if (!engine) co_return tl::unexpected(engine.error());
    while (true) {
        Result<bool> done = (*engine)->handshake();
        const std::string octets = (*engine)->take_ciphertext();
        if (!done) {
            state->send_what_fits(octets);
            co_return tl::unexpected(done.error());
        }
        const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        Result<void> sent = co_await send_all(state, std::string_view(octets), left);
        if (!sent) co_return tl::unexpected(sent.error());
        if (*done) break;
        if (state->aborted) co_return fail(Errc::io, "the connection is closed");
        Result<Received> received = state->receive();
        if (!received) co_return tl::unexpected(received.error());
        if (*received == Received::end) (*engine)->put_eof();
        if (*received == Received::nothing_yet || steady_clock::now() >= end) {
            Result<void> ready = co_await wait_until(state, WaitType::wait_read, end, true, timeout);
            if (!ready) co_return fail(ready.error().kind, "TLS handshake: " + ready.error().message);
        }
        (*engine)->put_ciphertext(std::exchange(state->fresh, {}));
    }
    state->tls = std::move(*engine);
    // What came in one piece with the end of the handshake.
    Result<void> decrypted = state->decrypt();
    if (!decrypted) co_return tl::unexpected(decrypted.error());
    co_return state->tls->info();
}

asio::awaitable<void> ServerStream::close() {
    const std::shared_ptr<Impl> state = impl_;
    if (state->aborted) co_return;
    if (state->tls) {
        state->tls->shut_down();
        state->send_what_fits(state->tls->take_ciphertext());
    }
    ::shutdown(state->descriptor.native_handle(), SHUT_WR);
    const auto end = steady_clock::now() + kLinger;
    std::size_t discarded = 0;
    bool open = true;
    while (open && !state->aborted && discarded < kLingerOctets && steady_clock::now() < end) {
        Result<Received> received = state->receive();
        open = received && *received != Received::end;
        if (open && *received == Received::nothing_yet) {
            Result<void> ready = co_await wait_until(state, WaitType::wait_read, end, false, kLinger);
            open = ready.has_value();
        }
        discarded += state->fresh.size();
        state->fresh = {};
    }
    abort();
}

void ServerStream::cancel() {
    impl_->cancelled = true;
    if (impl_->cancellable_wait && !impl_->aborted) impl_->descriptor.cancel();
}

void ServerStream::interrupt() {
    if (!impl_->cancellable_wait || impl_->aborted) return;
    impl_->interrupted = true;
    impl_->descriptor.cancel();
}

bool ServerStream::cancelled() const {
    return impl_->cancelled;
}

void ServerStream::abort() {
    if (std::exchange(impl_->aborted, true)) return;
    asio::error_code ignored;
    impl_->descriptor.close(ignored);
    impl_->timer.cancel();
}

asio::any_io_executor ServerStream::executor() const {
    return impl_->timer.get_executor();
}

void ServerStream::reset() {
    const linger at_once{1, 0};
    if (!impl_->aborted)
        ::setsockopt(impl_->descriptor.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    abort();
}

const Peer& ServerStream::peer() const {
    return impl_->peer;
}

void ServerStream::set_peer(Peer peer) {
    impl_->peer = std::move(peer);
}

bool ServerStream::tls_active() const {
    return impl_->tls != nullptr;
}

}  // namespace mailpipe::net
MAILPIPE_COROUTINES_END
