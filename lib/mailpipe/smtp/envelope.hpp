#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/smtp/types.hpp"

// Who a message is from and for, and what the sender asks the servers on its way to do (RFC 5321 section 2.3.1).
namespace mailpipe::smtp {

// What the sender wants to be told of a recipient (DSN, RFC 3461 section 4.1).
struct Notify {
    bool success = false;
    bool failure = false;
    bool delay = false;  // none of the three: NEVER
    bool operator==(const Notify&) const = default;
};

// DELIVERBY (RFC 2852 section 4).
struct DeliverBy {
    std::int64_t seconds = 0;  // from MAIL on; may be negative once it is late, never 0 with `returned`
    bool returned = true;      // mode R: the message comes back when it is late; mode N: the sender is told
    bool trace = false;        // T
    bool operator==(const DeliverBy&) const = default;
};

enum class Body { seven_bit, eight_bit, binary };
enum class Return { unspecified, full, headers };  // RET of RFC 3461 section 4.3

// Parameters of one RCPT.
struct RecipientOptions {
    std::optional<Notify> notify;
    std::string original;  // ORCPT as it is meant, "rfc822;alice@example.org", not yet xtext; empty: none
    bool operator==(const RecipientOptions&) const = default;
};

struct Envelope {
    Mailbox reverse_path;
    std::vector<Mailbox> recipients;         // at least one; over LMTP the domain may be empty, for a user name
    std::optional<std::uint64_t> size = {};  // CRLF octets, sent with SIZE when offered
    Body body = Body::seven_bit;  // what the text needs; when that is not offered Finished is an error
    std::vector<RecipientOptions> recipient_options = {};  // none, or one for each recipient
    bool smtputf8 = false;  // the header has UTF-8 (RFC 6531); the addresses are looked at here
    Return ret = Return::unspecified;
    std::string envelope_id = {};  // ENVID as it is meant, at most 100 printable ASCII octets
    std::optional<DeliverBy> by = {};
    std::optional<std::uint64_t> hold_for = {};   // FUTURERELEASE (RFC 4865), seconds; not with hold_until
    std::optional<std::int64_t> hold_until = {};  // seconds since 1970
    std::optional<int> priority = {};             // MT-PRIORITY (RFC 6710), -9 to 9
    bool require_tls = false;                     // REQUIRETLS (RFC 8689)
};

}  // namespace mailpipe::smtp
