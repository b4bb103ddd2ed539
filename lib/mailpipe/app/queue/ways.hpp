#pragma once

#include <map>
#include <memory>
#include <string>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/send/transport.hpp"
#include "mailpipe/base/trace.hpp"

namespace mailpipe::app {

// Which way mail goes that was queued for a server: by the location or account as it was written then, else by that of
// the options. Each is settled once.
class Ways {
 public:
    // All outlive this; `trace` may be null.
    Ways(const SendOptions& options, config::Accounts& accounts, Trace* trace)
        : options_(options), accounts_(accounts), trace_(trace) {}

    // Errors: config without any server; those of settle_server() and make_transports().
    Result<const Transports*> find(const std::string& server);

 private:
    struct Way {
        SendOptions options;
        std::unique_ptr<Transports> transports;
    };
    const SendOptions& options_;
    config::Accounts& accounts_;
    Trace* trace_;
    std::map<std::string, std::unique_ptr<Way>> ways_;
};

}  // namespace mailpipe::app
