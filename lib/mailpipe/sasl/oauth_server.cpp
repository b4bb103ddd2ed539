#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

// Bearer tokens; sasl/oauth.cpp has the grammar of both mechanisms.
namespace mailpipe::sasl {
namespace {

constexpr char kSeparator = '\001';
constexpr std::string_view kBearer = "bearer ";

class OauthServer : public Server {
 public:
    explicit OauthServer(std::string_view name) : name_(name) {}

    Result<Step> step(std::optional<std::string_view> message) override {
        if (!message) return Step{};
        if (message->size() > limits::kSaslMessage)
            return fail(Errc::limit, std::string(name_) + ": the message is longer than kSaslMessage");
        const std::size_t separator = message->find(kSeparator);
        if (separator == std::string_view::npos || !message->ends_with("\001\001"))
            return malformed("the message does not end as it must");
        auto user = name_ == "XOAUTH2" ? read_user(message->substr(0, separator))
                                       : read_gs2_header(message->substr(0, separator));
        const std::string_view token = find_token(message->substr(separator + 1));
        if (!user || token.empty() || !check_credentials(user->empty() ? "-" : *user, token))
            return malformed("the message has no user and token");
        Step step;
        step.asks = true;
        step.request.kind = ServerRequest::Kind::token;
        step.request.mechanism = name_;
        step.request.user = std::move(*user);
        step.request.password = Secret(std::string(token));
        return step;
    }

    std::optional<std::string> refusal() const override {
        return name_ == "XOAUTH2" ? R"({"status":"401","schemes":"Bearer"})" : R"({"status":"invalid_token"})";
    }

 private:
    Fail malformed(const std::string& why) const {
        return fail(Errc::protocol, std::string(name_) + ": " + why);
    }

    static std::optional<std::string> read_user(std::string_view text) {
        if (text.substr(0, 5) != "user=" || text.size() == 5) return std::nullopt;
        return std::string(text.substr(5));
    }

    // "n,a=" saslname "," or "n,,": whoever the token says it is
    static std::optional<std::string> read_gs2_header(std::string_view text) {
        const auto parts = ascii::split(text, ',');
        if (parts.size() != 3 || (parts[0] != "n" && parts[0] != "y") || !parts[2].empty()) return std::nullopt;
        if (parts[1].empty()) return std::string();
        if (parts[1].substr(0, 2) != "a=" || parts[1].size() == 2) return std::nullopt;
        return decode_saslname(parts[1].substr(2));
    }

    static std::string_view find_token(std::string_view pairs) {
        for (std::string_view pair : ascii::split(pairs, kSeparator)) {
            if (!ascii::starts_with_ignore_case(pair, "auth=")) continue;
            pair.remove_prefix(5);
            if (ascii::starts_with_ignore_case(pair, kBearer)) return ascii::trim(pair.substr(kBearer.size()));
        }
        return {};
    }

    std::string_view name_;
};

}  // namespace

std::unique_ptr<Server> make_oauthbearer_server(const ServerSettings& /*settings*/) {
    return std::make_unique<OauthServer>("OAUTHBEARER");
}

std::unique_ptr<Server> make_xoauth2_server(const ServerSettings& /*settings*/) {
    return std::make_unique<OauthServer>("XOAUTH2");
}

}  // namespace mailpipe::sasl
