#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/net/stream.hpp"
#include "mailpipe/wire/session.hpp"

// Options that the commands share. Each command's own struct holds these.
namespace mailpipe::app {

enum class OutputStyle { automatic, table, text, jsonl };
enum class When { automatic, always, never };
using TlsMode = wire::TlsUse;
enum class MessageFormat { rfc822, mboxrd, jsonl };

struct CommonOptions {
    OutputStyle output = OutputStyle::automatic;
    bool quiet = false;
    When color = When::automatic;
    When progress = When::automatic;
    bool trace = false;
};

struct ClientOptions {
    net::AddressFamily family = net::AddressFamily::any;
    std::chrono::milliseconds timeout{60'000};
    std::string proxy;
    std::optional<TlsMode> tls;  // nullopt: by the scheme
    std::string tls_ca;
    std::vector<std::string> pin_sha256;
    std::string tls_certificate;  // to be shown to the server
    std::string tls_key;          // of it; empty: in the same file
    bool gssapi = false;          // log in by a Kerberos ticket
    bool compress = false;        // IMAP
    bool allow_plaintext_auth = false;
    std::string user;  // when the location has none
    std::string password_command;
    std::string password_file;
    // The password comes from ~/.netrc alone, since the other sources are those of another server.
    bool netrc_only = false;
    std::string token_command;  // prints an OAuth 2.0 access token, which takes the place of the password
    std::vector<std::string> source_addresses;  // to connect from: one of the peer's family
    std::string tunnel;                         // a shell command whose stdin and stdout are the connection

    // Set where mail goes to the hosts of a domain, and nowhere else.
    std::string connect_address;           // of the location's host, whose name the certificate is for
    std::vector<std::string> other_names;  // that the certificate may be for as well
    bool verify = true;                    // false: no certificate is looked at

    std::string config_file;         // --config; empty: the user's own (app/config/config_file.hpp)
    std::vector<std::string> given;  // the options on the command line, without "--": they beat that file
};

}  // namespace mailpipe::app
