#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// PLAIN (RFC 4616 section 2):
//
//   message = [authzid] UTF8NUL authcid UTF8NUL passwd
namespace mailpipe::sasl {
namespace {

class PlainClient : public Client {
 public:
    explicit PlainClient(const Credentials& credentials)
        : user_(credentials.user), password_(credentials.secret) {}

    std::string_view name() const override { return "PLAIN"; }
    bool initial_response() const override { return true; }
    bool complete() const override { return sent_; }

    Result<std::string> respond(std::string_view challenge) override {
        if (sent_ || !challenge.empty()) return fail(Errc::protocol, "PLAIN: the server sent a challenge");
        if (auto valid = check_credentials(user_, password_.reveal()); !valid) {
            return tl::unexpected(valid.error());
        }
        sent_ = true;
        std::string message(1, '\0');
        message += user_;
        message += '\0';
        message += password_.reveal();
        return message;
    }

 private:
    std::string user_;
    Secret password_;
    bool sent_ = false;
};

class PlainServer : public Server {
 public:
    Result<Step> step(std::optional<std::string_view> message) override {
        if (!message) {
            // A second call without a message would be the session's bug; the challenge is the same anyway.
            return Step{};
        }
        if (message->size() > limits::kSaslMessage) {
            return fail(Errc::limit, "PLAIN: the message is longer than kSaslMessage");
        }
        const std::size_t first = message->find('\0');
        const std::size_t second = first == std::string_view::npos ? first : message->find('\0', first + 1);
        if (second == std::string_view::npos) return fail(Errc::protocol, "PLAIN: the message has no two NULs");
        const std::string_view authzid = message->substr(0, first);
        const std::string_view authcid = message->substr(first + 1, second - first - 1);
        const std::string_view password = message->substr(second + 1);
        if (auto valid = check_credentials(authcid, password); !valid) {
            return fail(Errc::protocol, "PLAIN: " + valid.error().message);
        }
        if (!authzid.empty() && authzid != authcid) {
            return fail(Errc::auth, "PLAIN: the authorization identity is not the user's own");
        }
        Step step;
        step.asks = true;
        step.request.mechanism = "PLAIN";
        step.request.user = authcid;
        step.request.password = Secret(std::string(password));
        return step;
    }
};

}  // namespace

std::unique_ptr<Client> make_plain_client(const Credentials& credentials) {
    return std::make_unique<PlainClient>(credentials);
}

std::unique_ptr<Server> make_plain_server(const ServerSettings& /*settings*/) {
    return std::make_unique<PlainServer>();
}

}  // namespace mailpipe::sasl
