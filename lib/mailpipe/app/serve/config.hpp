#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/location.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/serve/access/networks.hpp"
#include "mailpipe/app/serve/pop3/pop3_options.hpp"
#include "mailpipe/app/serve/privileges.hpp"
#include "mailpipe/app/serve/serve.hpp"
#include "mailpipe/app/serve/smtp/recipients.hpp"
#include "mailpipe/app/serve/test/anybody.hpp"
#include "mailpipe/app/serve/users/users.hpp"
#include "mailpipe/app/serve/users/users_options.hpp"
#include "mailpipe/net/tls.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app::serve {

class TestMode;

struct ListenSocket {
    Location location;
    std::string url;  // with the real port, once it is bound

    bool is_pop3() const { return location.scheme == Scheme::pop3 || location.scheme == Scheme::pop3s; }
    bool is_imap() const { return location.scheme == Scheme::imap || location.scheme == Scheme::imaps; }
    bool is_lmtp() const { return location.scheme == Scheme::lmtp; }
    // submission:// and submissions://: for users only, whose messages are completed (RFC 6409).
    bool submission = false;
};

// maildir:ROOT/%u, mbox:ROOT/%u
struct StoreLayout {
    std::string pattern;  // absolute
    std::string root;     // what stands before the component with %u
    store::Format format = store::Format::maildir;

    // `user` is a name of Users: one component.
    std::string path_of(const std::string& user) const;
};

// ServeOptions, checked. Not movable: the recipients refer to the users.
struct Config {
    Config() : recipients(users) {}
    Config(const Config&) = delete;
    Config& operator=(const Config&) = delete;

    std::string host_name;
    std::unique_ptr<Anybody> anybody;  // with --test; the next two refer to it
    StoreLayout store;
    Users users;
    UsersOptions users_options;
    Pop3Options pop3;
    Recipients recipients;
    DeliveryOptions delivery;
    bool any_sender = false;  // users may write in each other's name
    std::vector<ListenSocket> sockets;
    std::shared_ptr<net::TlsContext> tls;  // or none
    std::string pin_sha256;                // with --tls-self-signed
    std::string certificate_pem;           // the same
    std::uint64_t max_message_size = 0;
    std::chrono::milliseconds timeout{};
    bool trace = false;
    std::string metrics_url;  // empty: none
    Networks proxies;
    Networks xclients;
    std::chrono::milliseconds greeting_delay{};
    bool dnsbl_only_adds_field = false;
    ServeLimitsOptions limits;  // its threads are at least 1
    TestMode* test = nullptr;   // or none
    std::optional<RunAs> run_as;
    std::optional<SendOptions> relay;  // how mail of users for elsewhere goes; none: it is refused
};

// Makes the store's root and, with --run-as, the queue, which belong to that user then. Errors: usage, config, auth,
// cannot_create.
Result<std::unique_ptr<Config>> make_config(const ServeOptions& options);
// The same for a server that runs: reads again the files that the options name; the host's name, the user to run as and a
// self-signed certificate stay those of `first`. Nothing is made on the disk.
Result<std::unique_ptr<Config>> remake_config(const ServeOptions& options, const Config& first);

// Whether this process, with the privileges that it has now, can write in the store's root and in the queue.
// Error cannot_create.
Result<void> check_store(const Config& config);

Result<StoreLayout> parse_store(const std::string& text);

}  // namespace mailpipe::app::serve
