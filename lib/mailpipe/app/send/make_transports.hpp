#pragma once

#include <memory>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/send/transport.hpp"
#include "mailpipe/base/trace.hpp"

namespace mailpipe::app {

// What the transports share with who uses them; both may be null and outlive them.
struct TransportObservers {
    Trace* trace = nullptr;
    Progress* progress = nullptr;
};

// The first rule of --relay that the recipient's domain fits decides, else `server`: mx: or a server whose client
// options are `options.client`. A destination is "" for `server`, the encoded location of a rule's server, or the
// recipient's domain where mail goes to its mail hosts. Errors: usage for a rule, a domain or an address that is none and
// for options that mx: cannot have; config, also when this host has no qualified name for EHLO and no --helo says one.
Result<std::unique_ptr<Transports>> make_transports(const SendOptions& options, const Location& server,
                                                    config::Accounts& accounts, TransportObservers observers);

}  // namespace mailpipe::app
