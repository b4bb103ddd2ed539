#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/base/secret.hpp"
#include "mailpipe/base/trace.hpp"
#include "mailpipe/smtp/envelope.hpp"
#include "mailpipe/smtp/types.hpp"
#include "mailpipe/wire/session.hpp"

// The client side of SMTP (RFC 5321) and LMTP (RFC 2033), without I/O; wire/session.hpp says how it is driven.
namespace mailpipe::smtp {

enum class Protocol { smtp, lmtp };
using wire::TlsUse;

// What a session goes through; with several envelopes from `mail` on again and again.
enum class Stage { connect, tls, ehlo, auth, mail, rcpt, data, reply };

struct ClientOptions {
    Protocol protocol = Protocol::smtp;
    TlsUse tls = TlsUse::starttls;
    std::string helo_name = "localhost";
    std::string user;  // empty: no AUTH
    Secret password;
    bool password_is_token = false;     // an OAuth 2.0 bearer token (sasl::Credentials)
    std::string channel_binding = {};   // of implicit TLS (sasl::Credentials)
    bool has_certificate = false;       // TLS has shown one (sasl::Credentials)
    std::string kerberos_host = {};     // sasl::Credentials
    bool allow_plaintext_auth = false;  // AUTH although tls is none
    Trace* trace = nullptr;
    // Called as soon as the server has answered with success (rcpt: for each recipient; reply: whatever was answered).
    std::function<void(Stage)> stage_done = {};
    // Nothing is said behind it: up to `auth` Ready comes at once, else Finished with the replies so far, where
    // `accepted` is that of RCPT. Behind `data` the session is over and the connection is to be dropped.
    std::optional<Stage> stop_after = {};
};

// Events.
struct Ready {  // after login, and after each Finished: submit() or quit()
    Capabilities capabilities;
};
struct BodyWanted {};  // call body(), body_end() or both, then next(); comes again until body_end()
struct RecipientResult {
    Mailbox recipient;
    Reply reply;  // to RCPT when refused there, else to the body (LMTP: this recipient's own)
    bool accepted = false;
};
struct Finished {  // one transaction is over; the session stays usable unless Failed follows
    std::vector<RecipientResult> recipients;  // in the envelope's order
    std::optional<Error> error = {};          // when no recipient was accepted: why (the reply included)
    std::vector<std::string> not_taken =
        {};                   // extensions that were asked for, are not offered and were left out: "DSN"
    bool in_mailbox = false;  // what was accepted has arrived: no server sends it on
};
struct Closed {};  // after quit()

using ClientStep = std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, Ready, BodyWanted,
                                Finished, Closed>;

// Greeting, EHLO (HELO when refused with 5yz and neither TLS nor AUTH is wanted), STARTTLS, EHLO again, AUTH
// PLAIN (LOGIN when only that is offered). With PIPELINING MAIL, RCPT and DATA go out together; when DATA was
// accepted with no recipient accepted, an empty body is ended and the transaction reported as refused. With CHUNKING, too,
// a message of up to 64 KiB (Envelope::size) goes out with its envelope in one flight, and a larger one in chunks behind
// the replies to RCPT. What extensions an envelope asks for and what comes of it where they are not offered,
// transaction_commands.hpp says; those errors are in Finished, before MAIL. With TlsUse::may a STARTTLS that is not
// offered or refused ends nothing, and there is no AUTH. Errors as pop3::ClientSession; auth for 535 and its like,
// unsupported for STARTTLS or AUTH not offered.
class MAILPIPE_EXPORT ClientSession {
 public:
    explicit ClientSession(ClientOptions options);
    ~ClientSession();
    ClientSession(ClientSession&&) noexcept;
    ClientSession& operator=(ClientSession&&) noexcept;

    void feed(std::string_view octets);
    void feed_eof();
    void tls_started(std::string channel_binding = {});  // sasl::Credentials
    ClientStep next();

    // After Ready or Finished; and once between body_end() and its Finished, so that the next envelope leaves with the
    // end of the message where PIPELINING allows (RFC 2920). Its events come behind that Finished, none after Failed.
    // `warily`: the message waits for the replies to its envelope even where it need not.
    void submit(Envelope envelope, bool warily = false);
    void body(std::string_view crlf_text);  // any pieces; transparency is added here
    void body_end();
    void quit();  // when submit() may be called

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::smtp
