#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// EXTERNAL (RFC 4422 appendix A): the certificate of TLS is the login, and the message says as whom.
//
//   extern-resp = [authzid]
namespace mailpipe::sasl {
namespace {

class ExternalClient : public Client {
 public:
    explicit ExternalClient(const Credentials& credentials) : user_(credentials.user) {}

    std::string_view name() const override { return "EXTERNAL"; }
    bool initial_response() const override { return true; }
    bool complete() const override { return sent_; }

    Result<std::string> respond(std::string_view challenge) override {
        if (sent_ || !challenge.empty()) return fail(Errc::protocol, "EXTERNAL: the server sent a challenge");
        if (std::any_of(user_.begin(), user_.end(), ascii::is_control))
            return fail(Errc::auth, "the user name contains a control character");
        sent_ = true;
        return user_;
    }

 private:
    std::string user_;
    bool sent_ = false;
};

class ExternalServer : public Server {
 public:
    Result<Step> step(std::optional<std::string_view> message) override {
        if (!message) return Step{};
        if (message->size() > limits::kSaslMessage)
            return fail(Errc::limit, "EXTERNAL: the message is longer than kSaslMessage");
        if (!message->empty() && !check_credentials(*message, "-"))
            return fail(Errc::protocol, "EXTERNAL: the message is no user name");
        Step step;
        step.asks = true;
        step.request.kind = ServerRequest::Kind::certificate;
        step.request.mechanism = "EXTERNAL";
        step.request.user = *message;
        return step;
    }
};

}  // namespace

std::unique_ptr<Server> make_external_server(const ServerSettings& /*settings*/) {
    return std::make_unique<ExternalServer>();
}

std::unique_ptr<Client> make_external_client(const Credentials& credentials) {
    return std::make_unique<ExternalClient>(credentials);
}

}  // namespace mailpipe::sasl
