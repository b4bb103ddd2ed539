#pragma once

#include <cstddef>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

// The paths of MAIL and RCPT (RFC 5321 section 4.1.2). Internal to smtp/.
namespace mailpipe::smtp {

inline constexpr std::size_t kLocalPartLength = 64;  // RFC 5321 section 4.5.3.1.1
inline constexpr std::size_t kDomainLength = 255;    // RFC 5321 section 4.5.3.1.2
// RFC 5321 asks servers not to enforce the minimum of 64: the variable reverse-paths of mailing lists pass it.
inline constexpr std::size_t kReversePathLocalPart = 256;

struct Path {
    Mailbox mailbox;
    bool source_route = false;  // "<@relay:user@domain>"; the route itself is dropped
    std::size_t length = 0;     // octets of `text` it took
};

// A path in angle brackets at the start of `text`: reverse-paths may be "<>", forward-paths "<postmaster>" in
// any case. UTF-8 is taken when `allow_utf8` (RFC 6531). Errors: data with rule and offset.
Result<Path> parse_reverse_path(std::string_view text, bool allow_utf8 = false);
Result<Path> parse_forward_path(std::string_view text, bool allow_utf8 = false);

// As parse_mailbox() of types.hpp, which has kLocalPartLength.
Result<Mailbox> parse_mailbox(std::string_view text, bool allow_utf8, std::size_t local_part_length);

// Domain or address-literal, whole; ASCII. With `underscores` those are taken as letters, as real hosts in EHLO
// have.
bool is_domain_or_literal(std::string_view text, bool underscores = false);

}  // namespace mailpipe::smtp
