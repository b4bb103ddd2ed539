#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/types.hpp"

// What the parameters of MAIL and RCPT may be, for both sides. Internal to smtp/.
namespace mailpipe::smtp {

inline constexpr std::size_t kEnvelopeId = 100;          // RFC 3461 section 4.4
inline constexpr std::size_t kOriginalRecipient = 500;   // RFC 3461 section 4.2
inline constexpr std::int64_t kDeliverBy = 999'999'999;  // RFC 2852 section 4: nine digits
inline constexpr std::uint64_t kHoldFor = 999'999'999;   // RFC 4865 section 4.1
inline constexpr int kPriority = 9;                      // RFC 6710 section 3

inline bool needs_utf8(const Mailbox& mailbox) {
    return !ascii::is_ascii(mailbox.local_part) || !ascii::is_ascii(mailbox.domain);
}

inline bool is_printable_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

}  // namespace mailpipe::smtp
