#pragma once

#include <cstdint>
#include <optional>

namespace mailpipe::app {

// POP3 of mail-serve; a part of ServeOptions.
struct Pop3Options {
    bool keep_former_uidls = true;  // --pop3-uidl auto
    // Days for which messages stay after their arrival, as EXPIRE (RFC 2449 section 6.7) announces; then a login removes
    // them. Nothing: for ever.
    std::optional<std::uint32_t> expire_days = {};
    std::uint32_t login_delay_seconds = 0;  // between the logins of a user (RFC 2449 section 6.5); 0: none
};

}  // namespace mailpipe::app
