#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mailpipe::app {

// Which way mail goes, beside --server.
struct DirectOptions {
    std::vector<std::string> relays;            // --relay "DOMAIN -> SERVER"
    std::vector<std::string> tls_required_for;  // domains, or ".DOMAIN" for what is below one
    std::uint16_t mx_port = 25;
    std::string dns_server;  // "ADDRESS[@PORT]"; empty: /etc/resolv.conf
    std::string dns_anchor;  // a file of trust anchors; empty: DNSSEC is not validated
};

}  // namespace mailpipe::app
