#pragma once

#include <cstdint>
#include <string>

namespace mailpipe::app {

// What becomes of mail for users of mail-serve.
struct DeliveryOptions {
    std::string deliver;            // an LMTP server or a shell command that takes it; empty: the store
    std::uint64_t quota = 0;        // octets of a user's mail; 0: none
    bool over_quota_fails = false;  // for good, not for now
};

}  // namespace mailpipe::app
