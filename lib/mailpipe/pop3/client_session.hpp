#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/base/trace.hpp"
#include "mailpipe/pop3/capabilities.hpp"
#include "mailpipe/wire/session.hpp"

// The client side of POP3 (RFC 1939, 2449, 2595, 5034), without I/O; wire/session.hpp says how it is driven.
namespace mailpipe::pop3 {

using wire::TlsUse;

struct ClientOptions {
    TlsUse tls = TlsUse::implicit;
    std::string user;
    Secret password;
    bool password_is_token = false;    // an OAuth 2.0 bearer token (sasl::Credentials)
    std::string channel_binding = {};  // of implicit TLS (sasl::Credentials)
    bool has_certificate = false;      // TLS has shown one (sasl::Credentials)
    std::string kerberos_host = {};    // sasl::Credentials
    // Whether USER/PASS and SASL PLAIN may be sent although tls is none (loopback, or the user said so).
    // Otherwise APOP is used when the greeting has a timestamp, and else the session fails with auth.
    bool allow_plaintext_auth = false;
    // A language tag: what the server says of errors is to be in it, where it can (LANG of RFC 6856). Empty, and English,
    // is what servers speak anyway.
    std::string language = {};
    std::size_t window = 64;  // commands in flight when the server offers PIPELINING
    std::size_t max_listed = limits::kMaildropMessages;
    Trace* trace = nullptr;  // not owned
};

// Events.
struct Ready {  // logged in; commands may be queued
    Capabilities capabilities;
};
struct MaildropStatus {  // STAT
    std::uint64_t messages = 0;
    std::uint64_t octets = 0;
};
struct ScanListing {  // LIST or UIDL entry; `size` is 0 for UIDL, `uidl` empty for LIST
    std::uint32_t number = 0;
    std::uint64_t size = 0;
    std::string uidl;
};
// The whole answer to list() or uidl(), in the server's order. A message number of 0 or one that is listed
// twice makes the session fail (protocol). A unique-id that is missing, longer than limits::kUidlAccepted or
// not of printable ASCII leaves `uidl` empty: such a message has none. Two messages may have the same one; the
// caller must not take that for the same message. More than ClientOptions::max_listed entries: Failed (limit).
struct Listing {
    bool is_uidl = false;
    std::vector<ScanListing> entries;
};
struct MessageBegin {
    std::uint32_t number = 0;
};
struct MessageData {  // transparency removed, CRLF kept
    std::string_view octets;
};
struct MessageEnd {
    std::uint32_t number = 0;
};
struct Deleted {  // DELE was answered +OK
    std::uint32_t number = 0;
};
enum class Command { stat, list, uidl, retr, top, dele };
struct Refused {  // -ERR to one command; the session goes on
    Command command{};
    std::uint32_t number = 0;
    Error error;
};
struct Closed {};  // QUIT was answered +OK: deletions are done. -ERR to QUIT is Failed.

using ClientStep =
    std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, Ready, MaildropStatus, Listing,
                 MessageBegin, MessageData, MessageEnd, Deleted, Refused, Closed>;

// Greeting, CAPA, STLS, CAPA again, login: the best SASL mechanism that is offered (sasl/mechanism.cpp), else
// USER/PASS, or APOP as said above. User and password with characters that a command line cannot carry fail
// with auth before anything is sent. After Failed or Closed, next() yields the same again. Errors: auth for a
// refused login ([AUTH], or no response code), temporary for [IN-USE], [LOGIN-DELAY], [SYS/TEMP], unsupported
// when STLS is required and not offered, protocol for what is malformed or cut off (with what was awaited),
// limit naming the limit.
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

    // Commands, from Ready on; those given earlier wait for it. They are sent and answered in order, without
    // PIPELINING one at a time. A command after quit() fails the session (usage).
    void stat();
    void list();
    void uidl();
    void retr(std::uint32_t number);
    void top(std::uint32_t number, std::uint32_t lines);
    void dele(std::uint32_t number);
    void quit();
    std::size_t outstanding() const;  // queued or not yet fully answered

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::pop3
