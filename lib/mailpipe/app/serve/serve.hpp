#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/serve/access/access_options.hpp"
#include "mailpipe/app/serve/delivery/delivery_options.hpp"
#include "mailpipe/app/serve/imap/imap_options.hpp"
#include "mailpipe/app/serve/limits/limits_options.hpp"
#include "mailpipe/app/serve/pop3/pop3_options.hpp"
#include "mailpipe/app/serve/sandbox/sandbox_options.hpp"
#include "mailpipe/app/serve/smtp/routing_options.hpp"
#include "mailpipe/app/serve/test/test_options.hpp"
#include "mailpipe/app/serve/users/users_options.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe::app {

struct ServeUser {
    std::string name;
    Secret password;
};

struct ServeOptions {
    CommonOptions common;
    std::string store;  // maildir:ROOT/%u
    std::vector<std::string> domains;
    std::vector<ServeUser> users;
    std::string users_file;  // parse_user_line()
    UsersOptions users_options;
    Pop3Options pop3;
    ImapOptions imap;
    std::vector<std::string> listen;
    std::vector<std::string> tls_certificates;  // for as many names; the first is the default
    std::vector<std::string> tls_keys;          // of each
    bool tls_self_signed = false;
    std::string events;  // "-" or a file; empty: none
    std::string host_name;
    std::string run_as;                  // user to become once everything is bound; empty: stay
    std::uint64_t max_message_size = 0;  // 0: limits::kMessageSize
    std::uint32_t timeout_seconds = 300;
    std::string metrics_url;  // http://HOST:PORT/metrics; empty: none
    AccessOptions access;
    SandboxMode sandbox = SandboxMode::automatic;
    ServeLimitsOptions limits;
    std::string limits_file;  // take_limits(); empty: none
    RoutingOptions routing;
    DeliveryOptions delivery;
    ServeTestOptions test;
    SendOptions relay;  // `server` empty: mail for elsewhere is refused
};

// Runs mail-serve until SIGTERM or SIGINT; the exit status.
MAILPIPE_EXPORT int run_serve(const ServeOptions& options);

}  // namespace mailpipe::app
