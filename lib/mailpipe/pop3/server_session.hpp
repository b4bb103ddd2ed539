#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/base/trace.hpp"
#include "mailpipe/sasl/server.hpp"
#include "mailpipe/wire/session.hpp"

// The server side of POP3 (RFC 1939; CAPA, PIPELINING, RESP-CODES RFC 2449; STLS RFC 2595; AUTH-RESP-CODE RFC
// 3206; SASL RFC 5034; UTF8, LANG RFC 6856), without I/O. Messages are sent as they are, with or without UTF8. After each event that asks for something, the caller answers with
// the member named in the event's comment before it calls next() again; an answer may come later (next() then
// yields NeedInput, and input is kept), so that a slow store never blocks the loop.
namespace mailpipe::pop3 {

struct ServerOptions {
    std::string host_name;
    std::string apop_timestamp;      // "<...@host>" for the greeting; empty: no APOP
    bool tls_available = false;      // offer STLS
    bool tls_active = false;         // implicit TLS
    bool login_without_tls = false;  // the peer is loopback: USER, APOP, AUTH before TLS
    sasl::ServerSettings sasl;
    std::optional<std::uint32_t> expire_days;  // EXPIRE; nothing: NEVER
    std::uint32_t login_delay = 0;             // seconds, LOGIN-DELAY; 0: none
    Trace* trace = nullptr;
};

struct MaildropEntry {
    std::uint64_t size = 0;  // CRLF octets
    std::string uidl;        // 1 to 70 characters 0x21 to 0x7E
};

// Events.
struct LoginRequested {  // answer: login_accepted() or login_refused(); login_keys() when keys are asked for
    sasl::ServerRequest request;
};
struct MessageRequested {   // RETR, or TOP with `body_lines`; answer: message_data()..., message_end()
    std::size_t index = 0;  // into the maildrop, from 0
    bool is_top = false;
    std::uint32_t body_lines = 0;
};
struct CommitRequested {               // QUIT in TRANSACTION state; answer: commit_done()
    std::vector<std::size_t> deleted;  // indices, ascending
};
struct PeerQuit {};  // everything is answered: flush and close

using ServerStep = std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, LoginRequested,
                                MessageRequested, CommitRequested, PeerQuit>;

enum class LoginFailure {
    credentials,
    in_use,    // [IN-USE] (RFC 2449 section 8.1.1)
    too_soon,  // [LOGIN-DELAY]
    temporary
};

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

    void login_keys(sasl::ScramKeys keys);
    void login_accepted(std::vector<MaildropEntry> maildrop);
    void login_refused(LoginFailure why);
    // CRLF text of the message in pieces; the session cuts it for TOP, adds transparency and the final dot.
    // message_wanted() turns false when TOP has seen enough: the caller may then go to message_end() at once.
    void message_data(std::string_view octets);
    bool message_wanted() const;
    void message_end();
    void message_failed(std::string_view why);  // before the first data: -ERR; later: the session fails
    void commit_done(bool all_deleted);
    void shut_down();  // SIGTERM: the connection ends at the next command boundary, nothing is deleted

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::pop3
