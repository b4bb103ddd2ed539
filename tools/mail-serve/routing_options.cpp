#include "tools/mail-serve/routing_options.hpp"

#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {

void add_routing_options(CLI::App& app, app::RoutingOptions& options) {
    add_list(
        app, "--virtual-domain", options.virtual_domains, "DOMAIN",
        "Receive mail for this domain: for the addresses of it that are aliases, and users whose name is one; "
        "may be repeated");
    app.add_option("--aliases", options.aliases_file,
                   "Other names and addresses of users, and where mail is forwarded to, as in aliases(5)")
        ->type_name("FILE");
    app.add_option("--detail-separator", options.detail_separators,
                   "alice+lists is alice: characters that end a name (default: +)")
        ->type_name("CHARACTERS");
    app.add_option("--srs-secret", options.srs_secret_file,
                   "Rewrite the reverse-path of mail that is forwarded (SRS), with the secret in this file")
        ->type_name("FILE");
    app.add_flag("--any-sender", options.any_sender,
                 "Let users who have logged in send from addresses here that are not theirs");
}

}  // namespace mailpipe::tools
