#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

// The client side of SASL (RFC 4422) for the sessions of all protocols; the server's is sasl/server.hpp. Messages are
// octets here; base64 is the protocols'.
namespace mailpipe::sasl {

class Client {
 public:
    virtual ~Client() = default;
    virtual std::string_view name() const = 0;
    virtual bool initial_response() const = 0;  // the client speaks first
    // The answer to a challenge (to the empty one first when initial_response). Errors: auth, limit, protocol.
    virtual Result<std::string> respond(std::string_view challenge) = 0;
    // Whether the server may report success now. A success that comes earlier is forged: the session must fail
    // (protocol), since the mechanism has not yet verified the server (SCRAM).
    virtual bool complete() const = 0;
};

struct Credentials {
    std::string user;
    Secret secret;          // a password
    bool is_token = false;  // or an OAuth 2.0 bearer token, which only OAUTHBEARER and XOAUTH2 take
    // What the "tls-exporter" of RFC 9266 gives for the connection, 32 octets; empty: none, so that no "-PLUS" is
    // chosen.
    std::string channel_binding = {};
    bool has_certificate = false;  // TLS has shown one, which EXTERNAL takes for the login
    std::string kerberos_host =
        {};  // for which there is a ticket, which GSSAPI takes for the login; empty: none
    // Whether there is a login without the secret.
    bool may_lack_secret() const { return has_certificate || !kerberos_host.empty(); }
    std::string service = {};  // of that host: "imap", "pop", "smtp" (RFC 4752 section 3)
};

// Of the options of a session, which name these alike.
template <class SessionOptions>
Credentials credentials(const SessionOptions& options, std::string service) {
    return {options.user,
            options.password,
            options.password_is_token,
            options.channel_binding,
            options.has_certificate,
            options.kerberos_host,
            std::move(service)};
}

inline constexpr std::string_view kNoTokenMechanism =
    "the server offers neither OAUTHBEARER nor XOAUTH2, and a token is no password";

inline constexpr std::string_view kNoPassword =
    "the server does not offer EXTERNAL or GSSAPI, by which a certificate or ticket would be the login, and "
    "there is no "
    "password";

// The best of the mechanisms both sides have, in the table's order (sasl/mechanism.cpp); nullptr when none is.
// Mechanisms that show the secret to the server are left out unless `plaintext_allowed`. `offered` is
// compared without case. A user or password that cannot be sent safely makes the first respond() fail with
// auth.
std::unique_ptr<Client> choose_client(const std::vector<std::string>& offered, const Credentials& credentials,
                                      bool plaintext_allowed);

// Whether the refusal of a login by `mechanism` says that the server binds to the channel otherwise than we do. The
// same without "-PLUS" is then worth a try: an attacker who could make the server say so could as well leave "-PLUS"
// out of what is offered.
bool is_binding_refusal(std::string_view mechanism, std::string_view server_text);

// APOP (RFC 1939 section 7): lower-case hex MD5 of timestamp and password.
std::string apop_digest(std::string_view timestamp, const Secret& password);
// CRAM-MD5 (RFC 2195): lower-case hex HMAC-MD5 of the challenge.
std::string cram_md5_digest(std::string_view challenge, const Secret& password);

}  // namespace mailpipe::sasl
