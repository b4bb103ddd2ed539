#pragma once

#include <string>

#include "mailpipe/base/error.hpp"

// What every session of every protocol, on either side, yields from next(). A session is driven so:
//
//     while (true) {
//         auto step = session.next();
//         NeedInput -> read from the peer, then feed(octets), or feed_eof() at the end of the stream;
//                      or, in a client, queue a command
//         Output    -> write the octets to the peer, in order
//         StartTls  -> handshake (or fail), then tls_started(); the session has checked that nothing was
//                      fed behind the line that asked for TLS, and a feed() before tls_started() fails it
//         Failed    -> the session is over; a server session may have yielded a last Output before
//         anything else is an event of the protocol
//     }
//
// String views in a step are valid until the next call of any member of the session.
namespace mailpipe::wire {

// How a client uses TLS. implicit: the caller has done the handshake before the first feed(). may: STARTTLS where it is
// offered, for SMTP between servers only.
enum class TlsUse { none, starttls, implicit, may };

struct NeedInput {};
struct Output {
    std::string octets;
};
struct StartTls {};
struct Failed {
    Error error;
};

}  // namespace mailpipe::wire
