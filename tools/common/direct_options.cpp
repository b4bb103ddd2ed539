#include "tools/common/direct_options.hpp"

#include <arpa/inet.h>

#include <array>

namespace mailpipe::tools {
namespace {

std::string check_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> octets{};
    const bool is_address = inet_pton(AF_INET, text.c_str(), octets.data()) == 1 ||
                            inet_pton(AF_INET6, text.c_str(), octets.data()) == 1;
    return is_address ? std::string() : "'" + text + "' is not an IP address";
}

}  // namespace

const Choices<app::TlsMode> kSendTlsModes{{"none", app::TlsMode::none},
                                          {"may", app::TlsMode::may},
                                          {"starttls", app::TlsMode::starttls},
                                          {"implicit", app::TlsMode::implicit}};

void add_direct_options(CLI::App& app, app::SendOptions& options) {
    app::DirectOptions& direct = options.direct;
    add_list(app, "--relay", direct.relays, "RULE",
             "Send mail for a domain to another server: 'DOMAIN -> URL'; .DOMAIN is what is below it, * all; "
             "the first "
             "rule that fits decides; may be repeated");
    add_list(app, "--tls-required-for", direct.tls_required_for, "DOMAIN[,...]",
             "Send mail for these domains to their mail hosts only over TLS with a certificate for the host")
        ->delimiter(',');
    app.add_option("--mx-port", direct.mx_port, "Port of the mail hosts (default 25)")
        ->type_name("PORT")
        ->check(CLI::Range(1, 65535).description(""));
    add_list(app, "--source-address", options.client.source_addresses, "ADDRESS",
             "Connect from this address; one of each family may be given")
        ->check(check_address);
    app.add_option("--dns-server", direct.dns_server,
                   "Ask this name server (default: those of /etc/resolv.conf)")
        ->type_name("ADDRESS[@PORT]");
    app.add_option("--dns-anchor", direct.dns_anchor,
                   "Validate DNSSEC with the trust anchors in this file; what is bogus is tried again later")
        ->type_name("FILE");
}

}  // namespace mailpipe::tools
