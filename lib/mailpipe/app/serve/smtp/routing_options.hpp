#pragma once

#include <string>
#include <vector>

namespace mailpipe::app {

// Whose mail mail-serve takes, beside that of its users in its domains.
struct RoutingOptions {
    std::string aliases_file;                  // aliases(5), with addresses and "@domain" as names
    std::vector<std::string> virtual_domains;  // in which only the aliases, and users of that very address, are
    std::string detail_separators = "+";
    std::string srs_secret_file;  // forwarded mail keeps its reverse-path without
    bool any_sender = false;      // users may write in each other's name
};

}  // namespace mailpipe::app
