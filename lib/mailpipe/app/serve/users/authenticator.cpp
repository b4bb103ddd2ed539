#include "mailpipe/app/serve/users/authenticator.hpp"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "mailpipe/app/serve/background.hpp"
#include "mailpipe/app/serve/users/login_command.hpp"
#include "mailpipe/app/serve/users/users.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/store/open.hpp"

MAILPIPE_COROUTINES_BEGIN
namespace mailpipe::app::serve {
namespace {

using Kind = sasl::ServerRequest::Kind;
using Judged = Result<std::optional<std::string>>;

constexpr std::size_t kCommands = 8;  // at a time

std::string make_nonce() {
    static constexpr std::string_view kAlphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> any(0, kAlphabet.size() - 1);
    std::string nonce(24, '\0');
    std::generate(nonce.begin(), nonce.end(), [&] { return kAlphabet[any(random)]; });
    return nonce;
}

std::size_t hash_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
}

bool takes_command(const sasl::ServerRequest& request, const UsersOptions& options) {
    return request.kind == Kind::token || (request.kind == Kind::password && !options.user_command.empty());
}

// The one whom the client names, or the first of the certificate's.
std::optional<std::string> judge_certificate(const Users& users, const sasl::ServerRequest& request,
                                             const LoginPeer& peer) {
    for (const std::string& name : peer.certificate_names) {
        auto user = users.find(name);
        if (user && (request.user.empty() || ascii::equals_ignore_case(*user, request.user))) return user;
    }
    return std::nullopt;
}

Judged ask_user_command(const Config& config, const sasl::ServerRequest& request) {
    const std::string name = ascii::to_lower(request.user);
    // A line each: neither holds a line end, which the sessions see to.
    if (!is_user_name(name)) return std::nullopt;
    const Secret input(name + '\n' + std::string(request.password.reveal()) + '\n');
    const UsersOptions& options = config.users_options;
    auto answer = run_login_command(options.user_command, input, options.command_timeout);
    if (!answer) return tl::unexpected(answer.error());
    if (!answer->right) return std::nullopt;
    if (auto known = config.users.find(name)) return known;
    auto made = store::open_writer(config.store.format, config.store.path_of(name));
    if (!made) return tl::unexpected(made.error());
    return name;
}

Judged ask_token_command(const Config& config, const sasl::ServerRequest& request) {
    const Secret input(std::string(request.password.reveal()) + '\n');
    const UsersOptions& options = config.users_options;
    auto answer = run_login_command(options.token_command, input, options.command_timeout);
    if (!answer) return tl::unexpected(answer.error());
    if (!answer->right) return std::nullopt;
    auto user = config.users.find(config.recipients.login_name(answer->line));
    // A token of one user is no login for another (maddy CVE-2023-27582).
    if (user && !request.user.empty() && !ascii::equals_ignore_case(*user, request.user)) return std::nullopt;
    return user;
}

// In the pools' threads.
Judged judge(const Config& config, const sasl::ServerRequest& request, const LoginPeer& peer) {
    const Users& users = config.users;
    switch (request.kind) {
        case Kind::password: {
            auto known = users.verify(request.user, request.password);
            if (known || config.users_options.user_command.empty()) return known;
            return ask_user_command(config, request);
        }
        case Kind::proof:
            return request.proved ? users.find(request.user) : std::nullopt;
        case Kind::apop:
            return users.verify_digest(request.user, [&request](const Secret& password) {
                return Secret(sasl::apop_digest(request.challenge, password)).equals(request.digest);
            });
        case Kind::cram_md5:
            return users.verify_digest(request.user, [&request](const Secret& password) {
                return Secret(sasl::cram_md5_digest(request.challenge, password)).equals(request.digest);
            });
        case Kind::certificate:
            return judge_certificate(users, request, peer);
        case Kind::token:
            return ask_token_command(config, request);
        case Kind::keys:
            break;
    }
    return std::nullopt;
}

}  // namespace

Authenticator::Authenticator(std::chrono::milliseconds failed_login_delay)
    : throttle_(failed_login_delay), hashes_(hash_threads()), commands_(kCommands) {}

sasl::ServerSettings Authenticator::settings(const Config& config) {
    const Users::Abilities abilities = config.users.abilities();
    sasl::ServerSettings settings;
    settings.scram_sha1 = abilities.scram_sha1;
    settings.scram_sha256 = abilities.scram_sha256;
    settings.cram_md5 = config.users_options.allow_cram_md5 && abilities.digests;
    settings.tokens = !config.users_options.token_command.empty();
    settings.host_name = config.host_name;
    settings.nonce = make_nonce;
    return settings;
}

asio::awaitable<LoginVerdict> Authenticator::verify(ConfigPointer config, sasl::ServerRequest request,
                                                    LoginPeer peer) {
    const auto began = LoginThrottle::Clock::now();
    const bool suspicious = throttle_.is_suspicious(peer.address, began);
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto completion = std::make_shared<Completion<Judged>>(executor);
    LoginPool& pool = takes_command(request, config->users_options) ? commands_ : hashes_;
    const auto asked = std::make_shared<const sasl::ServerRequest>(std::move(request));
    const bool posted =
        pool.post(throttled_address(peer.address), suspicious,
                  [config, completion, asked, peer] { completion->complete(judge(*config, *asked, peer)); });
    LoginVerdict verdict;
    verdict.reply_at = began;
    if (!posted) {
        verdict.error = Error{Errc::limit, "more than " + std::to_string(LoginPool::kWaiting) + " logins wait"};
        co_return verdict;
    }
    Judged judged = co_await await_completion<Judged>(completion);
    if (!judged) {
        verdict.error = judged.error();
    } else if (*judged) {
        verdict.user = std::move(**judged);
    } else {
        verdict.reply_at = began + throttle_.failed(peer.address, asked->user, LoginThrottle::Clock::now());
    }
    co_return verdict;
}

asio::awaitable<sasl::ScramKeys> Authenticator::keys(ConfigPointer config, sasl::ServerRequest request,
                                                     LoginPeer peer) {
    const bool suspicious = throttle_.is_suspicious(peer.address, LoginThrottle::Clock::now());
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto completion = std::make_shared<Completion<sasl::ScramKeys>>(executor);
    const std::string user = std::move(request.user);
    const sasl::ScramHash hash = request.hash;
    const bool posted = hashes_.post(
        throttled_address(peer.address), suspicious,
        [config, completion, user, hash] { completion->complete(config->users.scram_keys(user, hash)); });
    // What nobody has time for fails at the proof.
    if (!posted) co_return sasl::ScramKeys{"busy", 4096, std::string(1, '\0'), std::string(1, '\0')};
    co_return co_await await_completion<sasl::ScramKeys>(completion);
}

}  // namespace mailpipe::app::serve
MAILPIPE_COROUTINES_END
