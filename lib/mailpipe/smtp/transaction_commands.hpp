#pragma once

#include <string>
#include <vector>

#include "mailpipe/smtp/envelope.hpp"

// Internal to smtp/.
namespace mailpipe::smtp {

// MAIL and RCPT with the parameters of the extensions that the envelope needs.
struct TransactionCommands {
    std::string mail;
    std::vector<std::string> rcpt;       // in the envelope's order
    std::vector<std::string> not_taken;  // see Finished
};

// What a server that does not offer it does to a request:
//   SIZE, ENVID, RET, NOTIFY, ORCPT, MT-PRIORITY, DELIVERBY in mode N: left out; all but SIZE are in `not_taken`. RFC 3461
//   section 4 and RFC 6710 section 4.1 let the message pass so.
//   8BITMIME, BINARYMIME (with CHUNKING), SMTPUTF8, DELIVERBY in mode R, FUTURERELEASE, REQUIRETLS: unsupported.
// Other errors: usage for a request that is wrong in itself; data for an address that no command can carry; permanent for a
// message larger than SIZE, a time below DELIVERBY's minimum or above FUTURERELEASE's maximum. `secure` is TLS as REQUIRETLS
// wants it; `user_names` allows recipients without a domain (LMTP).
Result<TransactionCommands> transaction_commands(const Envelope& envelope, const Capabilities& offered,
                                                 bool secure, bool user_names);

}  // namespace mailpipe::smtp
