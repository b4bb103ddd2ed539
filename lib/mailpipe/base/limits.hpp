#pragma once

#include <cstddef>
#include <cstdint>

// Every limit on input from outside, in octets or counts. An error that a limit causes names it as it is
// spelled here.
namespace mailpipe::limits {

// Lines of the protocols, without their line end.
inline constexpr std::size_t kReplyLine = 8192;   // SMTP, POP3: a reply line of a server
inline constexpr std::size_t kReplyLines = 1000;  // SMTP: lines of one multi-line reply
inline constexpr std::size_t kCommandLineBeforeLogin = 8192;
inline constexpr std::size_t kCommandLine = 65536;
inline constexpr std::size_t kImapLine = 1U << 20;  // IMAP: a response line between its literals
inline constexpr std::size_t kImapLiteralBuffered = 1U
                                                    << 20;  // IMAP: a literal that is not a body; bodies stream
inline constexpr std::size_t kImapResponseLiterals = 1000;
inline constexpr std::size_t kImapNesting = 100;
inline constexpr std::size_t kCapabilities = 1000;
inline constexpr std::size_t kImapUnasked = 64U
                                            << 20;  // IMAP: octets that nobody asked for, between two answers
inline constexpr std::size_t kImapAlerts = 100;     // IMAP: of one session

// Listings.
inline constexpr std::size_t kListedMessages = 5'000'000;    // IMAP SEARCH results
inline constexpr std::size_t kMaildropMessages = 1'000'000;  // POP3 LIST or UIDL entries
inline constexpr std::size_t kDirectoryNesting = 100;        // directories of Maildirs
inline constexpr std::size_t kListedMailboxes = 1'000'000;   // IMAP LIST
inline constexpr std::size_t kUidl = 70;                     // RFC 1939 section 7
inline constexpr std::size_t kUidlAccepted = 1024;           // what servers send in practice is kept up to this

// Sessions.
inline constexpr std::size_t kSaslMessage = 65536;            // a challenge or response after base64 decoding
inline constexpr std::uint64_t kScramIterations = 1'000'000;  // net-imap CVE-2026-42256
inline constexpr std::size_t kRecipients = 1000;              // SMTP: of one transaction
inline constexpr std::size_t kCommandsWithoutMessage = 500;   // SMTP: but RCPT, until the server closes
inline constexpr std::size_t kCommandsBeforeLogin = 100;      // POP3: until the server closes
inline constexpr std::size_t kHardErrors = 20;                // failed commands until the server closes
inline constexpr std::size_t kAuthFailures = 3;               // failed logins until the server closes
inline constexpr std::size_t kReceivedFields = 50;            // loop detection
inline constexpr std::uint64_t kMessageSize = 1ULL << 30;     // mail-serve: default of --max-message-size

// DNS.
inline constexpr std::size_t kDnsRecords = 200;  // of one answer
inline constexpr std::size_t kMxAddresses = 20;  // at which the hosts of a domain are asked for one message

// Messages (parser). Exceeding one is said in `limitsMet`; it is never an error.
inline constexpr std::size_t kMimeDepth = 100;
inline constexpr std::size_t kMimeParts = 10'000;
inline constexpr std::size_t kHeaderSize = 10U << 20;
inline constexpr std::size_t kHeaderFields = 100'000;
inline constexpr std::size_t kFieldItems = 100'000;  // addresses, message ids or parameters of a field
inline constexpr std::size_t kShownMessage =
    1U << 30;  // mail-show holds a message; one that is larger is an error

// Input of the commands.
inline constexpr std::size_t kJsonRecord = 16U << 20;   // a JSON line without its `raw`, which streams
inline constexpr std::size_t kJsonRawHeld = 4U << 20;   // base64 of a `raw` that is not the last key
inline constexpr std::size_t kEmailObject = 64U << 20;  // a JSON line of mail-send --from-json, held whole
inline constexpr std::size_t kRefLine = 1U << 20;       // a line with a ref or a record that has one
inline constexpr std::size_t kLongestLine = 998;        // of a message to send (RFC 5321 section 4.5.3.1.6)
inline constexpr std::size_t kPassword = 65536;         // the first line of a password source
inline constexpr std::size_t kAliasesFile = 1U << 20;   // and a file that it includes
inline constexpr std::size_t kAliasDepth = 50;          // names that lead to names
inline constexpr std::size_t kNetrcFile = 1U << 20;
inline constexpr std::size_t kDiagnosticLine = 2000;  // a line for people is cut there

}  // namespace mailpipe::limits
