#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/sasl/scram_keys.hpp"

// The server side of SASL (RFC 4422), without I/O: a mechanism reads what the client says and asks its caller for what it
// cannot know. Messages are octets here; base64 is the protocols'.
namespace mailpipe::sasl {

// What a mechanism asks.
struct ServerRequest {
    enum class Kind {
        password,     // is `password` that of `user`?
        keys,         // what are the SCRAM keys of `user`? Answer: Server::keys()
        proof,        // SCRAM: `proved` says whether the client knows the password of `user`
        cram_md5,     // is `digest` the HMAC-MD5 of `challenge` with the password of `user`?
        apop,         // is `digest` the MD5 of `challenge` and the password of `user`? (POP3 only)
        certificate,  // may the certificate of TLS log in as `user`? Empty: as whomever it names
        token,        // is `password` a bearer token of `user`? Empty: of whom (OAUTHBEARER only)
    };
    Kind kind = Kind::password;
    std::string_view mechanism;  // "PLAIN", ...; "USER" and "APOP" of POP3
    std::string user;  // no control characters, UTF-8; the authorization identity is the same, or was refused
    Secret password;   // or the token
    ScramHash hash = ScramHash::sha256;
    bool proved = false;
    std::string challenge;
    std::string digest;  // lower-case hexadecimal
};

// What is offered, and what the mechanisms need to know. May change when TLS starts.
struct ServerSettings {
    bool passwords = true;    // PLAIN, LOGIN
    bool scram_sha1 = false;  // there are keys
    bool scram_sha256 = false;
    bool cram_md5 = false;
    bool tokens = false;           // OAUTHBEARER, XOAUTH2
    bool has_certificate = false;  // the peer has shown one that is trusted: EXTERNAL
    std::string channel_binding;   // "tls-exporter" (RFC 9266) of the connection: -PLUS; empty: none
    std::string host_name;         // in the challenge of CRAM-MD5
    std::function<std::string()>
        nonce;  // at least 16 fresh characters, alphanumeric; needed by SCRAM and CRAM-MD5
};

// What TLS says of a connection once it has started.
struct ServerTls {
    std::string channel_binding = {};
    bool has_certificate = false;
};

class Server {
 public:
    virtual ~Server() = default;
    // Either a challenge, or a request that the caller answers before anything else: keys() for Kind::keys, which goes on;
    // any other is the last of the mechanism.
    struct Step {
        bool asks = false;
        std::string challenge = {};
        ServerRequest request = {};
        bool done() const { return asks && request.kind != ServerRequest::Kind::keys; }
    };
    // Takes the client's message; nullopt: the client gave no initial response. Errors: protocol for a malformed message,
    // auth for an authorization identity other than the user and for a binding to another channel, limit for
    // kSaslMessage.
    virtual Result<Step> step(std::optional<std::string_view> message) = 0;
    virtual Step keys(ScramKeys keys);
    // What the client is told, and answers with anything, before the refusal of the request (RFC 7628 section 3.2.2).
    virtual std::optional<std::string> refusal() const { return std::nullopt; }
};

// nullptr for a name that is not offered by `settings`, which outlive the mechanism. Names are compared without case.
std::unique_ptr<Server> make_server(std::string_view mechanism, const ServerSettings& settings);
std::vector<std::string_view> offered_mechanisms(const ServerSettings& settings);  // best first

}  // namespace mailpipe::sasl
