#pragma once

#include <cstddef>
#include <cstdint>

// Limits on what a client of IMAP may send, beside those of base/limits.hpp: kCommandLine and kCommandLineBeforeLogin hold
// for the text of a whole command without its literals.
namespace mailpipe::imap::server {

inline constexpr std::size_t kInputHeld = 1U << 20;  // octets that are not looked at yet
// All literals of a command that are no text of a message, and how many there may be.
inline constexpr std::size_t kLiteralOctets = 1U << 20;
inline constexpr std::size_t kLiteralOctetsBeforeLogin = 8192;
inline constexpr std::size_t kLiterals = 1000;
// Octets of a refused command that are read and dropped until the server closes.
inline constexpr std::uint64_t kSwallowedOctets = 64U << 20;
inline constexpr std::uint64_t kSwallowedOctetsBeforeLogin = 65536;
inline constexpr std::size_t kFetchItems = 100;       // different ones of a FETCH
inline constexpr std::size_t kIdPairs = 30;           // RFC 2971 section 3.3
inline constexpr std::uint64_t kLiteralMinus = 4096;  // RFC 7888 section 5

}  // namespace mailpipe::imap::server
