#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/users/login_pool.hpp"
#include "mailpipe/app/serve/users/login_throttle.hpp"
#include "mailpipe/net/asio.hpp"
#include "mailpipe/sasl/server.hpp"

namespace mailpipe::app::serve {

// From where somebody logs in.
struct LoginPeer {
    std::string address;                         // "" for a Unix socket
    std::vector<std::string> certificate_names;  // as which its certificate may log in; login names
};

struct LoginVerdict {
    std::string user;                                  // as it was configured; empty: refused
    bool later = false;                                // not for good: he may try again
    std::optional<Error> error;                        // nobody can tell; for whoever runs the server
    std::chrono::steady_clock::time_point reply_at{};  // a refusal is held back until then
};

// Judges logins of all protocols and connections, by the configuration that each has. From any thread. The coroutines end
// before this, which ends before their loops.
class Authenticator {
 public:
    using ConfigPointer = std::shared_ptr<const Config>;

    explicit Authenticator(std::chrono::milliseconds failed_login_delay);

    // What can be offered, but for what a connection has: channel binding and certificate.
    static sasl::ServerSettings settings(const Config& config);

    // `user` of the request is a login name. Kind::keys is for keys().
    asio::awaitable<LoginVerdict> verify(ConfigPointer config, sasl::ServerRequest request, LoginPeer peer);
    asio::awaitable<sasl::ScramKeys> keys(ConfigPointer config, sasl::ServerRequest request, LoginPeer peer);

 private:
    LoginThrottle throttle_;
    LoginPool hashes_;
    LoginPool commands_;
};

}  // namespace mailpipe::app::serve
