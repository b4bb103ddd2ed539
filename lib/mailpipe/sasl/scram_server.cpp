#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// SCRAM-SHA-1 (RFC 5802) and SCRAM-SHA-256 (RFC 7677), with and without the channel binding "tls-exporter" of RFC 9266:
//
//   client-first-message = gs2-header client-first-message-bare
//   gs2-header           = ("n" / "y" / "p=" cb-name) "," ["a=" saslname] ","
//   client-first-message-bare = "n=" saslname ",r=" c-nonce ["," extensions]      ; "m=" in front is refused
//   server-first-message = "r=" c-nonce s-nonce ",s=" base64 ",i=" posit-number
//   client-final-message = "c=" base64 ",r=" nonce ["," extensions] ",p=" base64
//   server-final-message = "v=" base64
//
// libgsasl keeps the keys of a session in its own callbacks; asking the caller without I/O wants a state of our own.
namespace mailpipe::sasl {
namespace {

constexpr std::string_view kBinding = "p=tls-exporter";

using Kind = ServerRequest::Kind;

bool is_printable(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

class ScramServer : public Server {
 public:
    ScramServer(std::string_view name, ScramHash hash, const ServerSettings& settings)
        : name_(name), hash_(hash), settings_(settings) {}

    Result<Step> step(std::optional<std::string_view> message) override {
        if (!message && state_ == State::first) return Step{};
        if (!message || message->size() > limits::kSaslMessage)
            return fail(Errc::limit, std::string(name_) + ": the message is longer than kSaslMessage");
        switch (state_) {
            case State::first:
                return first(*message);
            case State::final:
                return final(*message);
            case State::told:
                if (!message->empty()) return malformed("nothing is expected behind the server's proof");
                return request(Kind::proof, true);
            case State::keys:
                break;
        }
        return malformed("a message too many");
    }

    Step keys(ScramKeys keys) override {
        keys_ = std::move(keys);
        nonce_ += settings_.nonce();
        server_first_ =
            "r=" + nonce_ + ",s=" + encode_base64(keys_.salt) + ",i=" + std::to_string(keys_.iterations);
        state_ = State::final;
        return Step{false, server_first_, {}};
    }

 private:
    enum class State { first, keys, final, told };

    bool plus() const { return name_.ends_with("-PLUS"); }
    Fail malformed(const std::string& why) const {
        return fail(Errc::protocol, std::string(name_) + ": " + why);
    }

    Step request(Kind kind, bool proved) const {
        Step step;
        step.asks = true;
        step.request.kind = kind;
        step.request.mechanism = name_;
        step.request.user = user_;
        step.request.hash = hash_;
        step.request.proved = proved;
        return step;
    }

    Result<Step> first(std::string_view message) {
        const std::size_t flag_end = message.find(',');
        const std::size_t header_end =
            flag_end == std::string_view::npos ? flag_end : message.find(',', flag_end + 1);
        if (header_end == std::string_view::npos) return malformed("the first message has no GS2 header");
        if (auto judged = judge_flag(message.substr(0, flag_end)); !judged)
            return tl::unexpected(judged.error());
        gs2_header_ = message.substr(0, header_end + 1);
        client_first_ = message.substr(header_end + 1);
        const auto parts = ascii::split(client_first_, ',');
        if (parts.size() < 2 || parts[0].substr(0, 2) != "n=" || parts[1].substr(0, 2) != "r=")
            return malformed("the first message has no name and nonce");
        auto name = decode_saslname(parts[0].substr(2));
        nonce_ = parts[1].substr(2);
        if (!name || !check_credentials(*name, "-") || !is_printable(nonce_))
            return malformed("the first message has no usable name and nonce");
        user_ = std::move(*name);
        const std::string_view authzid = message.substr(flag_end + 1, header_end - flag_end - 1);
        if (!authzid.empty()) {
            if (authzid.substr(0, 2) != "a=") return malformed("the GS2 header is malformed");
            // maddy CVE-2023-27582: nobody acts for another user.
            if (decode_saslname(authzid.substr(2)) != user_)
                return fail(Errc::auth,
                            std::string(name_) + ": the authorization identity is not the user's own");
        }
        state_ = State::keys;
        return request(Kind::keys, false);
    }

    Result<void> judge_flag(std::string_view flag) const {
        if (plus()) {
            if (flag == kBinding) return {};
            return fail(flag.substr(0, 2) == "p=" ? Errc::auth : Errc::protocol,
                        std::string(name_) + ": the channel binding is \"tls-exporter\" here");
        }
        // RFC 5802 section 6: the client could bind and believes that it was not offered; somebody has taken it away.
        if (flag == "y" && !settings_.channel_binding.empty())
            return fail(Errc::auth,
                        std::string(name_) + ": -PLUS was offered and has not arrived at the client");
        if (flag == "n" || flag == "y") return {};
        return malformed("the GS2 header is malformed");
    }

    Result<Step> final(std::string_view message) {
        const std::size_t proof_at = message.rfind(",p=");
        if (proof_at == std::string_view::npos) return malformed("the final message has no proof");
        const std::string_view without_proof = message.substr(0, proof_at);
        const auto parts = ascii::split(without_proof, ',');
        if (parts.size() < 2 || parts[0].substr(0, 2) != "c=" || parts[1].substr(0, 2) != "r=")
            return malformed("the final message has no channel binding and nonce");
        const auto proof = decode_base64(message.substr(proof_at + 3));
        if (!proof || proof->size() != digest_size(hash_)) return malformed("the proof has the wrong length");
        const std::string bound = gs2_header_ + (plus() ? settings_.channel_binding : std::string());
        // Wrong is wrong: which part of it, the client does not learn.
        if (decode_base64(parts[0].substr(2)) != bound || parts[1].substr(2) != nonce_)
            return request(Kind::proof, false);
        const std::string signed_text = client_first_ + ',' + server_first_ + ',' + std::string(without_proof);
        std::string client_key = hmac(hash_, keys_.stored_key, signed_text);
        for (std::size_t i = 0; i < client_key.size(); ++i)
            client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
        const bool right = Secret(digest(hash_, client_key)).equals(keys_.stored_key);
        wipe(client_key);
        if (!right) return request(Kind::proof, false);
        state_ = State::told;
        return Step{false, "v=" + encode_base64(hmac(hash_, keys_.server_key, signed_text)), {}};
    }

    std::string_view name_;
    ScramHash hash_;
    const ServerSettings& settings_;
    State state_ = State::first;
    std::string user_;
    std::string gs2_header_;
    std::string client_first_;
    std::string server_first_;
    std::string nonce_;
    ScramKeys keys_;
};

}  // namespace

std::unique_ptr<Server> make_scram_sha1_server(const ServerSettings& settings) {
    return std::make_unique<ScramServer>("SCRAM-SHA-1", ScramHash::sha1, settings);
}
std::unique_ptr<Server> make_scram_sha1_plus_server(const ServerSettings& settings) {
    return std::make_unique<ScramServer>("SCRAM-SHA-1-PLUS", ScramHash::sha1, settings);
}
std::unique_ptr<Server> make_scram_sha256_server(const ServerSettings& settings) {
    return std::make_unique<ScramServer>("SCRAM-SHA-256", ScramHash::sha256, settings);
}
std::unique_ptr<Server> make_scram_sha256_plus_server(const ServerSettings& settings) {
    return std::make_unique<ScramServer>("SCRAM-SHA-256-PLUS", ScramHash::sha256, settings);
}

}  // namespace mailpipe::sasl
