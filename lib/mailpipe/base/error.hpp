#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "mailpipe/base/export.hpp"

namespace mailpipe {

// Kinds that a caller acts on.
enum class Errc {
    usage,          // the caller's options contradict each other
    config,         // a configuration or password source is unusable
    data,           // the message or record given is not acceptable
    not_found,      // no such input: file, mailbox, message
    no_user,        // the server does not know the recipient
    no_host,        // the name does not resolve
    unavailable,    // the service refuses to serve us
    temporary,      // refused, timeout, 4yz: the same call may work later
    permanent,      // 5yz and its like
    auth,           // login failed or not allowed
    protocol,       // truncated or malformed reply
    unsupported,    // STARTTLS or a needed extension is not offered
    limit,          // a limit of base/limits.hpp was exceeded; the message names it
    io,             // read or write failed, disk full
    cannot_create,  // an output cannot be created: permission, read-only
    tls,            // handshake, certificate, name or pin
};

// A reply of an SMTP, POP3 or IMAP server as it is shown to people and written to receipts.
struct ServerReply {
    int code = 0;          // SMTP reply code; 0 elsewhere
    std::string enhanced;  // "5.1.1" (RFC 3463), or the response code of POP3 and IMAP; may be empty
    std::string text;      // UTF-8 or raw octets as received, lines joined by a space
};

struct Error {
    Errc kind{};
    std::string message;  // one line, no trailing period
    std::optional<ServerReply> reply = std::nullopt;
};

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
    using tl::expected<T, Error>::expected;
    Result() = default;
    Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}
};

using Fail = tl::unexpected<Error>;

MAILPIPE_EXPORT Fail fail(Errc kind, std::string message);
MAILPIPE_EXPORT Fail fail(Errc kind, std::string message, ServerReply reply);

// An Error from an errno value: "WHAT: No space left on device". ENOSPC, EDQUOT, EIO become io; EACCES,
// EPERM, EROFS, and ENOENT become cannot_create when `creating`, else io and not_found for ENOENT.
MAILPIPE_EXPORT Fail fail_errno(int error_number, std::string_view what, bool creating = false);

}  // namespace mailpipe
