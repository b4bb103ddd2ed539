#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// LOGIN (draft-murchison-sasl-login-00): two challenges, the answers are user and password. What the challenges
// say is not looked at: servers write "Username:", "User Name", "VXNlcm5hbWU6" and more.
namespace mailpipe::sasl {
namespace {

class LoginClient : public Client {
 public:
    explicit LoginClient(const Credentials& credentials)
        : user_(credentials.user), password_(credentials.secret) {}

    std::string_view name() const override { return "LOGIN"; }
    bool initial_response() const override { return false; }
    bool complete() const override { return answers_ == 2; }

    Result<std::string> respond(std::string_view challenge) override {
        if (challenge.size() > limits::kSaslMessage) {
            return fail(Errc::limit, "LOGIN: the challenge is longer than kSaslMessage");
        }
        if (answers_ == 2) return fail(Errc::protocol, "LOGIN: the server sent a third challenge");
        if (auto valid = check_credentials(user_, password_.reveal()); !valid) {
            return tl::unexpected(valid.error());
        }
        ++answers_;
        return answers_ == 1 ? user_ : std::string(password_.reveal());
    }

 private:
    std::string user_;
    Secret password_;
    int answers_ = 0;
};

class LoginServer : public Server {
 public:
    Result<Step> step(std::optional<std::string_view> message) override {
        Step step;
        if (!message) {
            step.challenge = "Username:";
            return step;
        }
        if (message->size() > limits::kSaslMessage) {
            return fail(Errc::limit, "LOGIN: the message is longer than kSaslMessage");
        }
        if (user_.empty()) {
            // The password is not known yet: any valid text stands for it.
            if (auto valid = check_credentials(*message, "-"); !valid) {
                return fail(Errc::protocol, "LOGIN: " + valid.error().message);
            }
            user_ = *message;
            step.challenge = "Password:";
            return step;
        }
        if (auto valid = check_credentials(user_, *message); !valid) {
            return fail(Errc::protocol, "LOGIN: " + valid.error().message);
        }
        step.asks = true;
        step.request.mechanism = "LOGIN";
        step.request.user = user_;
        step.request.password = Secret(std::string(*message));
        return step;
    }

 private:
    std::string user_;
};

}  // namespace

std::unique_ptr<Client> make_login_client(const Credentials& credentials) {
    return std::make_unique<LoginClient>(credentials);
}

std::unique_ptr<Server> make_login_server(const ServerSettings& /*settings*/) {
    return std::make_unique<LoginServer>();
}

}  // namespace mailpipe::sasl
