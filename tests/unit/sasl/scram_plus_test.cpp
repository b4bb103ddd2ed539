#include <gsasl.h>
#include <gtest/gtest.h>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::sasl {
namespace {

const std::string kBinding(32, 'b');

// A server by libgsasl, bound to `binding`.
class Server {
 public:
    explicit Server(const char* mechanism, std::string binding) : binding_(encode_base64(binding)) {
        gsasl_init(&context_);
        gsasl_callback_hook_set(context_, this);
        gsasl_callback_set(context_, &Server::answer);
        gsasl_server_start(context_, mechanism, &session_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        gsasl_finish(session_);
        gsasl_done(context_);
    }

    // What it answers; its code is in `code`.
    std::string step(const std::string& message) {
        char* output = nullptr;
        std::size_t length = 0;
        code = gsasl_step(session_, message.data(), message.size(), &output, &length);
        std::string text = output == nullptr ? std::string() : std::string(output, length);
        gsasl_free(output);
        return text;
    }

    int code = GSASL_OK;

 private:
    static int answer(Gsasl* context, Gsasl_session* session, Gsasl_property property) {
        auto* server = static_cast<Server*>(gsasl_callback_hook_get(context));
        switch (property) {
            case GSASL_PASSWORD:
                return gsasl_property_set(session, property, "secret");
            case GSASL_CB_TLS_EXPORTER:
                if (server->binding_.empty()) return GSASL_NO_CALLBACK;
                return gsasl_property_set(session, property, server->binding_.c_str());
            default:
                return GSASL_NO_CALLBACK;
        }
    }

    std::string binding_;
    Gsasl* context_ = nullptr;
    Gsasl_session* session_ = nullptr;
};

// Whether client and server came to the end.
bool log_in(Client& client, Server& server) {
    Result<std::string> message = client.respond("");
    while (message) {
        const std::string challenge = server.step(*message);
        if (server.code != GSASL_OK && server.code != GSASL_NEEDS_MORE) return false;
        if (challenge.empty() && server.code == GSASL_OK) return client.complete();
        message = client.respond(challenge);
        if (server.code == GSASL_OK) return message && client.complete();
    }
    return false;
}

TEST(ScramPlus, IsChosenWhereTheChannelCanBeBound) {
    const std::vector<std::string> offered{"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN"};
    EXPECT_EQ(choose_client(offered, {"alice", Secret("secret"), false, kBinding}, true)->name(),
              "SCRAM-SHA-256-PLUS");
    EXPECT_EQ(choose_client(offered, {"alice", Secret("secret")}, true)->name(), "SCRAM-SHA-256");
}

TEST(ScramPlus, WithAServerOfLibgsasl) {
    for (const char* mechanism : {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}) {
        const auto client = choose_client({mechanism}, {"alice", Secret("secret"), false, kBinding}, true);
        Server server(mechanism, kBinding);
        EXPECT_TRUE(log_in(*client, server)) << mechanism << ": " << gsasl_strerror(server.code);
    }
}

// Somebody in the middle who has a TLS connection with each side.
TEST(ScramPlus, AnotherChannelIsNoticed) {
    const auto client =
        choose_client({"SCRAM-SHA-256-PLUS"}, {"alice", Secret("secret"), false, kBinding}, true);
    Server server("SCRAM-SHA-256-PLUS", std::string(32, 'c'));
    EXPECT_FALSE(log_in(*client, server));
}

TEST(ScramPlus, OtherBindingIsToldFromAWrongPassword) {
    for (const char* text : {"bad protocol / cancel", "SASL authentication failed: bad protocol / cancel",
                             "e=channel-bindings-dont-match", "e=unsupported-channel-binding-type"}) {
        EXPECT_TRUE(is_binding_refusal("SCRAM-SHA-256-PLUS", text)) << text;
        EXPECT_FALSE(is_binding_refusal("SCRAM-SHA-256", text)) << text;
    }
    for (const char* text : {"authentication failure", "[AUTHENTICATIONFAILED] wrong", ""})
        EXPECT_FALSE(is_binding_refusal("SCRAM-SHA-256-PLUS", text)) << text;
}

// A server that has no PLUS is served all the same.
TEST(ScramPlus, IsNotNeeded) {
    const auto client = choose_client({"SCRAM-SHA-256"}, {"alice", Secret("secret"), false, kBinding}, true);
    Server server("SCRAM-SHA-256", "");
    EXPECT_TRUE(log_in(*client, server)) << gsasl_strerror(server.code);
}

}  // namespace
}  // namespace mailpipe::sasl
