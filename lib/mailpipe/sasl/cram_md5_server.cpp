#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// CRAM-MD5 (RFC 2195): the challenge is a msg-id; response = user SP digest, the digest HMAC-MD5 in hexadecimal.
namespace mailpipe::sasl {
namespace {

constexpr std::size_t kDigest = 32;

class CramMd5Server : public Server {
 public:
    explicit CramMd5Server(const ServerSettings& settings)
        : challenge_('<' + settings.nonce() + '@' + settings.host_name + '>') {}

    Result<Step> step(std::optional<std::string_view> message) override {
        if (!message) return Step{false, challenge_, {}};
        if (message->size() > limits::kSaslMessage)
            return fail(Errc::limit, "CRAM-MD5: the message is longer than kSaslMessage");
        const std::size_t space = message->rfind(' ');
        if (space == std::string_view::npos) return fail(Errc::protocol, "CRAM-MD5: the message has no digest");
        const std::string_view user = message->substr(0, space);
        std::string digest = ascii::to_lower(message->substr(space + 1));
        const bool is_hex = std::all_of(digest.begin(), digest.end(),
                                        [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
        if (digest.size() != kDigest || !is_hex || !check_credentials(user, "-"))
            return fail(Errc::protocol, "CRAM-MD5: the message is no name and digest");
        Step step;
        step.asks = true;
        step.request.kind = ServerRequest::Kind::cram_md5;
        step.request.mechanism = "CRAM-MD5";
        step.request.user = user;
        step.request.challenge = challenge_;
        step.request.digest = std::move(digest);
        return step;
    }

 private:
    std::string challenge_;
};

}  // namespace

std::string cram_md5_digest(std::string_view challenge, const Secret& password) {
    return encode_hex(hmac_md5(password.reveal(), challenge));
}

std::unique_ptr<Server> make_cram_md5_server(const ServerSettings& settings) {
    return std::make_unique<CramMd5Server>(settings);
}

}  // namespace mailpipe::sasl
