#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/queue/message.hpp"
#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::app {

// What was asked, and how it went.
struct AttemptResult {
    std::vector<std::uint32_t> recipients;  // of the message, in the order of `finished`
    Result<smtp::Finished> finished = fail(Errc::temporary, "not tried");
    bool by_domain =
        false;  // the destination is the domain of the recipients, no server that somebody configured
    std::string server;
    std::string tls;
    std::uint32_t time = 0;
};

// An event for all recipients with the same outcome. What can be tried again is tried again as the schedule says; after its
// lifetime, or the time that DELIVERBY gives (RFC 2852 section 4.1), the message has failed. A server of one's own that
// refuses the login, the certificate or the connection makes mail wait, not fail.
std::vector<queue::Event> judge(const queue::Message& message, const AttemptResult& result,
                                const queue::Schedule& schedule, std::uint64_t random);

}  // namespace mailpipe::app
