#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

// The Sender Rewriting Scheme: mail that is forwarded leaves with a reverse-path of this host, since the sender's SPF record
// allows only the sender's own, and what comes back to that address is sent on to the sender.
//
//     SRS0=HASH=DAY=example.org=alice@here       alice@example.org
//     SRS1=HASH=first.example==...@here          SRS0=...@first.example, which has been forwarded before
//
// HASH is of HMAC-SHA-256, so that nobody can have this host send mail elsewhere; letters count without case, since
// some servers change it. DAY is that of the forwarding, modulo 1,024.
class Srs {
 public:
    // `domain` is what addresses of this host have.
    Srs(Secret secret, std::string domain) : secret_(std::move(secret)), domain_(std::move(domain)) {}

    // The null reverse-path stays as it is, and an address of this host's domain.
    smtp::Mailbox forward(const smtp::Mailbox& sender, std::time_t now) const;

    static bool is_rewritten(std::string_view local_part);
    // Whom a rewritten local part stands for. Errors: no_user for a hash that is not ours, and for SRS0 after 21 days.
    Result<smtp::Mailbox> reverse(std::string_view local_part, std::time_t now) const;

 private:
    std::string hash(std::string_view text) const;

    Secret secret_;
    std::string domain_;
};

}  // namespace mailpipe::app::serve
