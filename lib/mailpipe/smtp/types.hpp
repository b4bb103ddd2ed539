#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::smtp {

// What EHLO lists (RFC 5321 section 4.1.1.1; SIZE RFC 1870, 8BITMIME RFC 6152, PIPELINING RFC 2920,
// ENHANCEDSTATUSCODES RFC 2034, STARTTLS RFC 3207, AUTH RFC 4954, CHUNKING and BINARYMIME RFC 3030, DSN RFC 3461,
// SMTPUTF8 RFC 6531, DELIVERBY RFC 2852, FUTURERELEASE RFC 4865, MT-PRIORITY RFC 6710, REQUIRETLS RFC 8689, LIMITS
// RFC 9422, NO-SOLICITING RFC 3865, BURL RFC 4468). Keywords are upper case.
struct MAILPIPE_EXPORT Capabilities {
    bool esmtp = false;  // false after a fall-back to HELO
    bool size = false;
    std::uint64_t max_size = 0;  // 0: no fixed limit
    bool eight_bit_mime = false;
    bool pipelining = false;
    bool enhanced_status_codes = false;
    bool starttls = false;
    bool smtputf8 = false;
    bool chunking = false;
    bool binary_mime = false;
    bool dsn = false;
    bool deliver_by = false;
    std::uint64_t deliver_by_minimum = 0;  // seconds, of mode R
    bool future_release = false;
    std::uint64_t max_hold_for = 0;  // seconds; 0: not said
    std::string max_hold_until;      // date-time of RFC 3339; empty: not said
    bool mt_priority = false;
    bool require_tls = false;
    bool no_soliciting = false;
    bool burl = false;
    std::uint64_t mail_max = 0;               // transactions of a session; 0 here and below: no limit
    std::uint64_t recipients_max = 0;         // of a transaction
    std::uint64_t recipient_domains_max = 0;  // of a transaction
    std::vector<std::string> auth;
    std::vector<std::string> other;

    // Takes one line of the EHLO reply behind the code, except the first.
    void add(std::string_view line);
};

// A mailbox of RFC 5321 section 4.1.2: the local part unquoted, the domain lower case ASCII, an address
// literal with its brackets. Both empty: the null reverse-path "<>". No control characters can be in it.
struct MAILPIPE_EXPORT Mailbox {
    std::string local_part;
    std::string domain;  // empty only for <> and for <postmaster>

    bool is_null() const { return local_part.empty() && domain.empty(); }
    std::string encode() const;  // quoted where needed, without angle brackets
    bool operator==(const Mailbox&) const = default;
};

// Mailbox without angle brackets, as users give it: errors data with rule and offset. Source routes, empty
// quoted local parts, controls, and over-long parts (64/255 octets) are refused. UTF-8 is accepted when
// `allow_utf8` (RFC 6531).
MAILPIPE_EXPORT Result<Mailbox> parse_mailbox(std::string_view text, bool allow_utf8 = false);

// A reverse-path with its angle brackets, as a Return-Path field has it (RFC 5321 section 4.4); a source route is
// dropped. ASCII; a local part of up to 256 octets, since the variable reverse-paths of mailing lists pass 64. Errors
// as parse_mailbox().
MAILPIPE_EXPORT Result<Mailbox> parse_return_path(std::string_view text);

struct Reply {
    int code = 250;
    std::string enhanced;                     // "2.1.0", or empty
    std::vector<std::string> lines = {"OK"};  // without line ends; never empty
};

// "250-2.1.0 first\r\n250 2.1.0 last\r\n"; control characters in lines become '?'.
MAILPIPE_EXPORT std::string encode_reply(const Reply& reply, bool enhanced_status_codes);
MAILPIPE_EXPORT ServerReply to_server_reply(const Reply& reply);

// The kind of error that a reply of 4yz or 5yz means to a client (design: 550 5.1.1 no_user, other 5yz
// permanent, 535/530/538 auth, 4yz temporary, 421 temporary).
MAILPIPE_EXPORT Errc reply_kind(const Reply& reply);
// The reply that a server gives for an error of its own.
MAILPIPE_EXPORT Reply reply_for(const Error& error);

}  // namespace mailpipe::smtp
