#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// Bearer tokens of OAuth 2.0 (RFC 6750). OAUTHBEARER (RFC 7628 section 3.1):
//
//   client-resp = gs2-header kvsep *("auth=Bearer " token kvsep) kvsep ; kvsep is ^A
//   gs2-header  = "n,a=" saslname ","
//
// XOAUTH2 is Google's and Microsoft's: "user=" user ^A "auth=Bearer " token ^A ^A
// (developers.google.com/workspace/gmail/imap/xoauth2-protocol).
namespace mailpipe::sasl {
namespace {

class OauthClient : public Client {
 public:
    OauthClient(const char* mechanism, const Credentials& credentials)
        : mechanism_(mechanism), user_(credentials.user), token_(credentials.secret) {}

    std::string_view name() const override { return mechanism_; }
    bool initial_response() const override { return true; }
    bool complete() const override { return sent_ && !refused_; }

    Result<std::string> respond(std::string_view challenge) override {
        if (refused_) return fail(Errc::protocol, mechanism_ + ": the server sent one challenge too many");
        if (sent_) return acknowledge(challenge);
        if (!challenge.empty()) return fail(Errc::protocol, mechanism_ + ": the server sent a challenge");
        const std::string_view token = token_.reveal();
        if (auto valid = check_credentials(user_, token); !valid) return tl::unexpected(valid.error());
        // b64token of RFC 6750 section 2.1; no other octet could be told from what stands around it.
        for (const char c : token) {
            if (!ascii::is_alnum(c) && std::string_view("-._~+/=").find(c) == std::string_view::npos)
                return fail(Errc::auth, "the token holds a character that no bearer token has");
        }
        sent_ = true;
        std::string message = mechanism_ == "XOAUTH2" ? "user=" + user_ : "n,a=" + saslname() + ",";
        message += "\001auth=Bearer ";
        message += token;
        message += "\001\001";
        return message;
    }

 private:
    // saslname of RFC 5801 section 4
    std::string saslname() const {
        std::string name;
        for (const char c : user_)
            name += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
        return name;
    }

    // The server says in JSON why it refuses, and is to be answered before it says so (RFC 7628 section 3.2.3).
    Result<std::string> acknowledge(std::string_view reason) {
        if (reason.size() > limits::kSaslMessage)
            return fail(Errc::limit, mechanism_ + ": the challenge is longer than kSaslMessage");
        refused_ = true;
        return mechanism_ == "XOAUTH2" ? std::string() : std::string(1, '\001');
    }

    std::string mechanism_;
    std::string user_;
    Secret token_;
    bool sent_ = false;
    bool refused_ = false;
};

}  // namespace

std::unique_ptr<Client> make_oauthbearer_client(const Credentials& credentials) {
    return std::make_unique<OauthClient>("OAUTHBEARER", credentials);
}

std::unique_ptr<Client> make_xoauth2_client(const Credentials& credentials) {
    return std::make_unique<OauthClient>("XOAUTH2", credentials);
}

}  // namespace mailpipe::sasl
