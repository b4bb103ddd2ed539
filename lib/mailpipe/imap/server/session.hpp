#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/base/trace.hpp"
#include "mailpipe/imap/server/command.hpp"
#include "mailpipe/sasl/server.hpp"
#include "mailpipe/wire/session.hpp"

// The server side of IMAP4rev1 and IMAP4rev2 (RFC 3501, 9051), without I/O. The session frames commands with their
// literals, parses them, keeps the state (not authenticated, authenticated, selected), and answers by itself what needs no
// mailbox: CAPABILITY, ID, ENABLE, STARTTLS, COMPRESS, LOGOUT, UNAUTHENTICATE, whatever is malformed or out of place.
//
// Commands are handed on one after the other: the next is looked at when the one before is completed, so that no two
// are ever ambiguous (RFC 9051 section 5.5). After each event that asks for something, the caller answers with the members named
// in the event's comment; the answer may come later (next() then yields Output or NeedInput, and input is kept up to
// kInputHeld: read on only while wants_input()).
namespace mailpipe::imap::server {

struct Options {
    std::string host_name;
    bool tls_available = false;      // offer STARTTLS
    bool tls_active = false;         // implicit TLS
    bool login_without_tls = false;  // the peer is loopback: LOGIN, AUTHENTICATE before TLS
    sasl::ServerSettings sasl;
    std::uint64_t max_message_size = 0;  // APPENDLIMIT (RFC 7889); 0: none
    std::uint32_t message_limit = 0;     // MESSAGELIMIT (RFC 9738); 0: none
    std::vector<std::string> without;    // capabilities that are neither announced nor served, upper case
    Trace* trace = nullptr;
};

// Events.
struct LoginRequested {  // answer: login_accepted() or login_refused(); login_keys() when keys are asked for
    sasl::ServerRequest request;
};
struct CommandRequested {  // answer: respond()..., then complete()
    Command command;
};
// APPEND (RFC 9051 section 6.3.12) with MULTIAPPEND (RFC 3502) and CATENATE (RFC 4469), and REPLACE (RFC 8508).
// AppendBegan, then for each message AppendMessage, its text as AppendLiteral with AppendOctets..., or AppendUrl, and
// AppendMessageEnd; then AppendEnd. Each but the octets is answered with go_on(), or with complete() for a refusal; the
// session then swallows what still comes of the command. An error in the command itself ends it with AppendAborted.
struct AppendBegan {
    std::string mailbox;
    std::optional<std::uint32_t> replaces;  // REPLACE: the message with that number, or that UID
    bool replaces_uid = false;
};
struct AppendMessage {
    std::vector<std::string> flags;
    std::optional<std::time_t> internal_date;
};
struct AppendLiteral {  // answer: go_on() asks the client for the octets; complete() with TOOBIG, OVERQUOTA...
    std::uint64_t size = 0;
    bool binary = false;  // literal8 (RFC 3516): may hold NUL
    bool utf8 = false;    // UTF8 (...) of RFC 6855
};
struct AppendOctets {  // no answer
    std::string_view octets;
};
struct AppendUrl {  // CATENATE; answer: go_on() when its text was appended
    std::string url;
};
struct AppendMessageEnd {};
struct AppendEnd {};      // answer: complete()
struct AppendAborted {};  // nothing may be kept; no answer
// IDLE (RFC 2177). respond() at any time until IdleEnded, which is answered with complete().
struct IdleBegan {};
struct IdleEnded {};
// UNAUTHENTICATE (RFC 8437): the login, the selected mailbox and whatever hung on them are no more; no answer.
struct LoggedOff {};
struct PeerQuit {};  // everything is answered: flush and close

using Step =
    std::variant<wire::NeedInput, wire::Output, wire::StartTls, wire::Failed, LoginRequested, CommandRequested,
                 AppendBegan, AppendMessage, AppendLiteral, AppendOctets, AppendUrl, AppendMessageEnd,
                 AppendEnd, AppendAborted, IdleBegan, IdleEnded, LoggedOff, PeerQuit>;

enum class Completion { ok, no, bad };
enum class LoginFailure { credentials, in_use, temporary };

class Session {
 public:
    explicit Session(Options options);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    void feed(std::string_view octets);
    void feed_eof();
    void tls_started(sasl::ServerTls tls = {});
    Step next();

    void login_keys(sasl::ScramKeys keys);
    void login_accepted(std::string_view user);
    void login_refused(LoginFailure why);

    // Octets of responses to the present command, whole lines with their CRLF and literals; at most a few 100 kB before
    // the output is taken.
    void respond(std::string_view octets);
    void respond_with(std::string octets);  // the same, without a copy where nothing waits before it
    // What is there to be written, for a caller that makes a long answer in pieces: compressed where COMPRESS is on.
    std::string take_output();
    std::size_t output_size() const;
    // Whether what the peer sends would be looked at now; while it is not, TCP may hold the peer back.
    bool wants_input() const;
    // The tagged response. `code` without brackets, "" for none: "READ-WRITE".
    void complete(Completion completion, std::string_view code, std::string_view text);
    // Tells the client that the selected state begins or ends; before complete() of SELECT, CLOSE...
    void selected(bool is_selected);
    void go_on();  // APPEND: see AppendBegan

    // At any time but inside of a response: "* BYE [code] text", and the session ends when that is written.
    void bye(std::string_view code, std::string_view text);
    void shut_down();  // SIGTERM: BYE at the next command boundary, at once while idle
    // No octet came for too long: false, the session goes on (it is not the client's turn); true, it has said BYE.
    bool on_silence();

    // What the client has enabled (RFC 5161) or implied. They only ever grow.
    bool rev2() const;
    bool condstore() const;
    bool qresync() const;
    bool utf8() const;      // UTF8=ACCEPT, or IMAP4rev2: quoted strings and mailbox names are UTF-8
    bool uid_only() const;  // RFC 9586
    bool metadata() const;  // METADATA or METADATA-SERVER: unasked METADATA responses (RFC 5464 section 4.1)
    bool offers(std::string_view capability) const;  // not masked
    void enable_condstore();                         // a command implied it (RFC 7162 section 3.1)
    std::string_view tag() const;                    // of the present command
    bool idling() const;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailpipe::imap::server
