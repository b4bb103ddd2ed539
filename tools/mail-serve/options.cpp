#include "tools/mail-serve/options.hpp"

#include <cstdint>
#include <optional>

#include "tools/common/command.hpp"
#include "tools/common/direct_options.hpp"
#include "tools/common/shared_options.hpp"
#include "tools/mail-serve/access_options.hpp"
#include "tools/mail-serve/delivery_options.hpp"
#include "tools/mail-serve/ground_options.hpp"
#include "tools/mail-serve/imap_options.hpp"
#include "tools/mail-serve/limits_options.hpp"
#include "tools/mail-serve/pop3_options.hpp"
#include "tools/mail-serve/routing_options.hpp"
#include "tools/mail-serve/size_option.hpp"
#include "tools/mail-serve/users_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-serve --store maildir:/srv/mail/%u --domain example.org --users /etc/mail-serve.users\n"
    "          --listen smtp://0.0.0.0:25 --listen pop3s://0.0.0.0:995\n"
    "          --tls-cert fullchain.pem --tls-key privkey.pem --run-as mail\n"
    "      Receive mail for example.org and hand it out.\n"
    "  mail-serve --test --ports-file ports --exit-after 1-message\n"
    "      For tests: any recipient and login, on free ports. mail-serve wait-for --help says how to wait for "
    "mail.\n";

void add_tls_options(CLI::App& app, app::ServeOptions& options) {
    auto* certificate = add_list(app, "--tls-cert", options.tls_certificates, "FILE",
                                 "Certificate chain, PEM; repeated with its key for other names (SNI)");
    auto* key = add_list(app, "--tls-key", options.tls_keys, "FILE", "Its private key, PEM");
    certificate->needs(key);
    key->needs(certificate);
    app.add_flag("--tls-self-signed", options.tls_self_signed,
                 "Make a certificate for this run; the listening events hold its pinSha256")
        ->excludes(certificate);
}

void add_limits(CLI::App& app, app::ServeOptions& options) {
    add_size(app, "--max-message-size", options.max_message_size,
             "Refuse larger messages; octets, or with k, M, G (default: 1G)");
    app.add_option("--timeout", options.timeout_seconds,
                   "Close a connection that is silent that long (default: 300)")
        ->type_name("SECONDS")
        ->check(CLI::Range(app::kTimeoutRange.least, app::kTimeoutRange.most).description(""));
}

void add_relay_options(CLI::App& app, app::SendOptions& relay) {
    app.add_option(
           "--relay-server", relay.server,
           "Take mail of users who have logged in for other domains, too, and send it there: a server's URL, "
           "@ACCOUNT, or mx: for the mail hosts of each domain")
        ->type_name("URL");
    app.add_option("--queue-dir", relay.queue.directory,
                   "Queue of the mail that is relayed (default: ~/.local/state/mailpipe/queue)")
        ->type_name("DIR");
    app.add_option("--config", relay.client.config_file,
                   "Read accounts and settings of the servers that mail is relayed to from this file")
        ->type_name("FILE");
    add_direct_options(app, relay);
}

}  // namespace

std::unique_ptr<CLI::App> make_serve_app(app::ServeOptions& options) {
    auto app = make_app("mail-serve", "Serve SMTP, LMTP, POP3 and IMAP over a Maildir store.", kExamples);
    app->add_option("--store", options.store, "Where the mail is, a Maildir or mbox; %u is the user's name")
        ->type_name("maildir:ROOT/%u");
    add_list(
        *app, "--listen", options.listen, "URL",
        "smtp://, smtps://, submission://, submissions://, pop3://, pop3s://, imap://, imaps:// or lmtp:// "
        "HOST:PORT, or "
        "lmtp:PATH; port 0 is a free one; may be repeated");
    add_list(*app, "--domain", options.domains, "DOMAIN", "Receive mail for this domain; may be repeated");
    add_users_options(*app, options);
    add_pop3_options(*app, options.pop3);
    add_imap_options(*app, options.imap);
    add_tls_options(*app, options);
    app->add_option("--events", options.events, "Write JSONL events to this file, or - for stdout")
        ->type_name("FILE");
    app->add_option("--host-name", options.host_name,
                    "Name of this host in greetings and Received (default: its own)")
        ->type_name("NAME");
    app->add_option("--run-as", options.run_as,
                    "Become this user once the sockets are bound and the TLS key is read; for root")
        ->type_name("USER");
    add_limits(*app, options);
    add_limits_options(*app, options.limits, options.limits_file);
    add_ground_options(*app, options);
    add_access_options(*app, options.access);
    add_routing_options(*app, options.routing);
    add_delivery_options(*app, options.delivery);
    add_relay_options(*app, options.relay);
    add_test_options(*app, options.test);
    app->add_flag("-q,--quiet", options.common.quiet, "Print errors only");
    app->add_flag("--trace", options.common.trace,
                  "Print the protocol dialogue on stderr, credentials replaced");
    return app;
}

}  // namespace mailpipe::tools
