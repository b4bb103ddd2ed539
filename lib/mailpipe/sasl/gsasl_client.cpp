#include <gsasl.h>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// CRAM-MD5 (RFC 2195), SCRAM-SHA-1 (RFC 5802) and SCRAM-SHA-256 (RFC 7677) by libgsasl, these two also with the
// channel binding of RFC 9266; GSSAPI (RFC 4752), for which the Kerberos library asks its KDC.
namespace mailpipe::sasl {
namespace {

constexpr std::uint64_t kScramLeastIterations = 4096;  // RFC 5802 section 5.1

struct FreeContext {
    void operator()(Gsasl* context) const { gsasl_done(context); }
};
struct FreeSession {
    void operator()(Gsasl_session* session) const { gsasl_finish(session); }
};

// Judges server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions] before
// libgsasl computes anything.
Result<void> check_scram_challenge(std::string_view challenge, std::string_view client_nonce) {
    const std::string_view start = challenge.substr(0, 2);
    if (start.empty() || start == "v=" || start == "e=") return {};
    bool found = false;
    for (std::string_view attribute : ascii::split(challenge, ',')) {
        // RFC 5802 section 5.1: without a part of the server's own an old answer could be played again.
        if (!client_nonce.empty() && attribute.substr(0, 2) == "r=" && attribute.substr(2) == client_nonce) {
            return fail(Errc::protocol, "SCRAM: the server added nothing to the nonce");
        }
        if (attribute.substr(0, 2) != "i=") continue;
        const auto iterations = ascii::parse_number(attribute.substr(2));
        if (!iterations || *iterations < kScramLeastIterations) {
            return fail(Errc::protocol, "SCRAM: the server asks for too few iterations");
        }
        // A server that asks for more wants to keep this side busy.
        if (*iterations > limits::kScramIterations) {
            return fail(Errc::limit,
                        "SCRAM: the server asks for more iterations than kScramIterations (1000000)");
        }
        found = true;
    }
    if (!found) return fail(Errc::protocol, "SCRAM: the server's message has no iteration count");
    return {};
}

class GsaslClient : public Client {
 public:
    GsaslClient(const char* mechanism, const Credentials& credentials)
        : mechanism_(mechanism),
          user_(credentials.user),
          password_(credentials.secret),
          channel_binding_(credentials.channel_binding),
          service_(credentials.service),
          host_(credentials.kerberos_host) {}

    std::string_view name() const override { return mechanism_; }
    bool initial_response() const override { return is_scram() || is_gssapi(); }
    bool complete() const override { return complete_; }

    Result<std::string> respond(std::string_view challenge) override {
        if (complete_) return fail(Errc::protocol, mechanism_ + ": the server sent one challenge too many");
        if (challenge.size() > limits::kSaslMessage) {
            return fail(Errc::limit, mechanism_ + ": the challenge is longer than kSaslMessage");
        }
        if (!session_) {
            if (auto started = start(); !started) return tl::unexpected(started.error());
        }
        if (is_scram()) {
            if (auto judged = check_scram_challenge(challenge, client_nonce_); !judged)
                return tl::unexpected(judged.error());
        }
        char* output = nullptr;
        std::size_t length = 0;
        const int code = gsasl_step(session_.get(), challenge.data(), challenge.size(), &output, &length);
        std::string answer = output == nullptr ? std::string() : std::string(output, length);
        gsasl_free(output);
        // client-first-message-bare = [reserved-mext ","] username "," nonce
        if (is_scram() && client_nonce_.empty() && code == GSASL_NEEDS_MORE) {
            client_nonce_ = answer.substr(answer.rfind(",r=") + 3);
        }
        if (code == GSASL_OK) {
            complete_ = true;
        } else if (code != GSASL_NEEDS_MORE) {
            if (is_gssapi())
                return fail(Errc::auth, "GSSAPI: no ticket for " + service_ + "/" + host_ +
                                            " (klist(1)), or not one that the server takes");
            const bool refused = code == GSASL_AUTHENTICATION_ERROR;
            return fail(refused ? Errc::auth : Errc::protocol, mechanism_ + ": " + gsasl_strerror(code));
        }
        return answer;
    }

 private:
    bool is_scram() const { return mechanism_[0] == 'S'; }
    bool is_gssapi() const { return mechanism_ == "GSSAPI"; }

    Result<void> start() {
        // The ticket takes the place of the password.
        if (auto valid = check_credentials(user_, is_gssapi() ? "ticket" : password_.reveal()); !valid)
            return valid;
        Gsasl* context = nullptr;
        if (gsasl_init(&context) != GSASL_OK) return fail(Errc::unsupported, "libgsasl cannot be initialised");
        context_.reset(context);
        Gsasl_session* session = nullptr;
        if (gsasl_client_start(context, mechanism_.c_str(), &session) != GSASL_OK) {
            return fail(Errc::unsupported, mechanism_ + ": this libgsasl does not have it");
        }
        session_.reset(session);
        if (is_gssapi()) {
            if (gsasl_property_set(session, GSASL_SERVICE, service_.c_str()) != GSASL_OK ||
                gsasl_property_set(session, GSASL_HOSTNAME, host_.c_str()) != GSASL_OK ||
                gsasl_property_set(session, GSASL_AUTHZID, user_.c_str()) != GSASL_OK) {
                throw std::bad_alloc();
            }
            return {};
        }
        const std::string_view secret = password_.reveal();
        if (gsasl_property_set_raw(session, GSASL_AUTHID, user_.data(), user_.size()) != GSASL_OK ||
            gsasl_property_set_raw(session, GSASL_PASSWORD, secret.data(), secret.size()) != GSASL_OK) {
            throw std::bad_alloc();
        }
        // For PLUS only: given for the others, so that they could tell the server that PLUS was not offered ("y"), it
        // makes libgsasl 2.2 fail.
        if (mechanism_.ends_with("-PLUS") &&
            gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, encode_base64(channel_binding_).c_str()) !=
                GSASL_OK) {
            throw std::bad_alloc();
        }
        return {};
    }

    std::string mechanism_;
    std::string user_;
    Secret password_;
    std::string channel_binding_;
    std::string service_;
    std::string host_;
    std::unique_ptr<Gsasl, FreeContext> context_;
    std::unique_ptr<Gsasl_session, FreeSession> session_;
    std::string client_nonce_;
    bool complete_ = false;
};

}  // namespace

std::unique_ptr<Client> make_gssapi_client(const Credentials& credentials) {
    return std::make_unique<GsaslClient>("GSSAPI", credentials);
}

std::unique_ptr<Client> make_cram_md5_client(const Credentials& credentials) {
    return std::make_unique<GsaslClient>("CRAM-MD5", credentials);
}

std::unique_ptr<Client> make_scram_sha1_client(const Credentials& credentials) {
    return std::make_unique<GsaslClient>("SCRAM-SHA-1", credentials);
}

std::unique_ptr<Client> make_scram_sha256_client(const Credentials& credentials) {
    return std::make_unique<GsaslClient>("SCRAM-SHA-256", credentials);
}

std::unique_ptr<Client> make_scram_sha1_plus_client(const Credentials& credentials) {
    return std::make_unique<GsaslClient>("SCRAM-SHA-1-PLUS", credentials);
}

std::unique_ptr<Client> make_scram_sha256_plus_client(const Credentials& credentials) {
    return std::make_unique<GsaslClient>("SCRAM-SHA-256-PLUS", credentials);
}

}  // namespace mailpipe::sasl
