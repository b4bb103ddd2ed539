#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

// The language of --fault and --faults-file, mail-faults(5):
//
//     fault     = protocol SP point 1*(SP item)
//     protocol  = "smtp" / "lmtp" / "pop3" / "imap"
//     item      = name ["=" value]            ; a condition or an action
//     value     = 1*(any octet but SP and DQUOTE) / DQUOTE *(escape / any octet but DQUOTE and "\") DQUOTE
//     escape    = "\" ("r" / "n" / "t" / DQUOTE / "\")
namespace mailpipe::app::serve {

enum class FaultProtocol { smtp, lmtp, pop3, imap };
inline constexpr FaultProtocol kFaultProtocols[] = {FaultProtocol::smtp, FaultProtocol::lmtp,
                                                    FaultProtocol::pop3, FaultProtocol::imap};
std::string_view protocol_name(FaultProtocol protocol);

// "+3" and "-1" change a number, "3" takes its place.
struct NumberChange {
    std::int64_t value = 0;
    bool relative = false;

    std::uint64_t of(std::uint64_t number) const;  // not below 0
};

struct Fault {
    std::string text;  // as it was given
    FaultProtocol protocol = FaultProtocol::smtp;
    std::string point;

    // Conditions: all must hold.
    std::optional<std::string> to;  // patterns with * and ?
    std::optional<std::string> from;
    std::optional<std::string> user;
    std::optional<std::string> mailbox;  // IMAP
    std::optional<bool> tls;
    std::optional<std::uint64_t> message;  // POP3: its number
    std::optional<std::uint64_t> larger;   // than so many octets
    std::optional<std::uint64_t> n;        // of the times that all conditions above held: this one,
    std::optional<std::uint64_t> first;    // or the first ones
    std::optional<std::uint64_t> times;    // how often it fires at most
    double probability = 1;
    std::vector<std::string>
        per;  // each value of these has counts of its own: to, from, user, mailbox, connection

    // Actions: delay, then the rest.
    std::chrono::milliseconds delay{};
    std::optional<std::string> reply;        // CRLF at each line end
    bool drop = false;                       // the connection, at once or behind the reply
    bool reset = false;                      // the same with a TCP reset
    bool hang = false;                       // silence until the peer goes
    std::optional<std::uint64_t> throttle;   // octets a second
    std::optional<std::uint64_t> cut_after;  // octets, then the connection ends
    std::optional<std::uint64_t> garble;     // from this octet of the reply on
    std::optional<NumberChange> wrong_count;
    std::optional<NumberChange> wrong_size;
    bool duplicate_uidl = false;
    // IMAP:
    std::optional<NumberChange> wrong_uid;
    std::optional<NumberChange> wrong_uidnext;
    std::optional<NumberChange> wrong_uidvalidity;
    std::optional<NumberChange> wrong_modseq;
    std::optional<std::string> wrong_result;   // takes the place of the tagged response, without the tag
    std::optional<std::string> unsolicited;    // responses before it; CRLF at each line end
    std::optional<std::uint64_t> cut_literal;  // octets of the first one, then the connection ends
    std::optional<std::uint64_t> bye_after;    // responses, then the connection ends
    bool fail = false;                         // the TLS handshake
    bool expired = false;                      // the certificate

    // Whether the peer's command never reaches the session.
    bool replaces_command() const { return reply || ((drop || reset || hang) && !cuts_reply()); }
    // Whether it ends the connection somewhere in the reply.
    bool cuts_reply() const { return cut_after || cut_literal || bye_after; }
};

// Error usage: what is wrong, at which column, and what was probably meant.
Result<Fault> parse_fault(std::string_view text);
// One a line; empty lines and those that begin with "#" are skipped. Errors: usage with file and line; not_found, io.
Result<std::vector<Fault>> read_faults(const std::string& path);

// Without regard to case; * is any octets, ? one.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace mailpipe::app::serve
