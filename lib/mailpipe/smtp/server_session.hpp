#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/trace.hpp"
#include "mailpipe/sasl/server.hpp"
#include "mailpipe/smtp/envelope.hpp"
#include "mailpipe/smtp/server_extensions.hpp"
#include "mailpipe/smtp/types.hpp"
#include "mailpipe/wire/session.hpp"

// The server side of SMTP and LMTP, without I/O. The session knows syntax, order, limits and replies; what is
// allowed is the caller's: after an event that asks, the caller answers with the member named in its comment.
// An answer may come later: until then next() yields NeedInput and input is kept.
namespace mailpipe::smtp {

enum class ServerProtocol { smtp, lmtp };

struct ServerOptions {
    ServerProtocol protocol = ServerProtocol::smtp;
    std::string host_name;       // in the greeting and the EHLO reply
    std::uint64_t max_size = 0;  // SIZE; 0: none announced, none enforced
    std::size_t max_recipients = limits::kRecipients;
    bool tls_available = false;     // offer STARTTLS
    bool tls_active = false;        // implicit TLS
    bool auth_available = false;    // there are users
    bool auth_without_tls = false;  // the peer is loopback
    bool login_required = false;    // submission (RFC 6409 section 4.3): MAIL only from who has logged in
    ServerExtensions extensions;
    sasl::ServerSettings sasl;
    Trace* trace = nullptr;
};

// Events.
struct AuthRequested {  // answer: auth_accepted() or auth_refused(); auth_keys() when keys are asked for
    sasl::ServerRequest request;
};
struct MailRequested {  // answer: accept() or refuse()
    Envelope envelope;  // without recipients; a size above max_size was refused already
};
struct RecipientRequested {  // answer: accept() or refuse()
    Mailbox recipient;
    RecipientOptions options;
};
// VRFY, or EXPN with `expand`, of who has logged in; answer: verified(). Others learn nothing (RFC 5321 section 7.3).
struct VerifyRequested {
    std::string argument;
    bool expand = false;
};
// XCLIENT of a trusted proxy; answer: accept() when the conversation is that client's from now on, or refuse(), which ends it.
struct ClientNamed {
    std::string address;     // empty: not told; else IPv4 or IPv6, as the proxy wrote it
    std::uint16_t port = 0;  // 0: not told
    std::string login;       // empty: nobody has logged in
    std::string helo;
    bool esmtp = false;
};
struct BodyBegin {};  // DATA, or the first BDAT, was accepted (at least one recipient); no answer
struct BodyData {     // transparency removed, CRLF kept; of BODY=BINARYMIME any octets, else lines
    std::string_view octets;
};
// The final dot, or the last chunk, has come. `refused` holds the reply when the session itself must refuse the message (bare CR or
// LF, NUL, larger than max_size): the caller drops the message and calls body_answered with no replies.
// Otherwise: body_answered() with one reply, in LMTP one for each accepted recipient in order.
struct BodyEnd {
    std::optional<Reply> refused;
};
struct TransactionAborted {};  // RSET, EHLO, QUIT, or the connection ended inside a transaction: drop its state
struct PeerQuit {};            // everything is answered: flush and close

using ServerStep = std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, AuthRequested,
                                MailRequested, RecipientRequested, VerifyRequested, ClientNamed, BodyBegin,
                                BodyData, BodyEnd, TransactionAborted, PeerQuit>;

class MAILPIPE_EXPORT ServerSession {
 public:
    explicit ServerSession(ServerOptions options);
    ~ServerSession();
    ServerSession(ServerSession&&) noexcept;
    ServerSession& operator=(ServerSession&&) noexcept;

    void feed(std::string_view octets);
    void feed_eof();
    void tls_started(sasl::ServerTls tls = {});
    ServerStep next();

    void auth_keys(sasl::ScramKeys keys);
    void auth_accepted();
    void auth_refused(bool temporary = false);
    void accept();
    void refuse(Reply reply);
    void verified(const Reply& reply);
    void body_answered(std::vector<Reply> replies);
    void shut_down();  // SIGTERM: what is in DATA is finished and answered, then 421 and Failed{unavailable}
    void time_out();   // 421 4.4.2 and Failed

    std::string_view helo_name() const;  // as the peer gave it; control characters cannot be in it
    bool esmtp() const;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::smtp
