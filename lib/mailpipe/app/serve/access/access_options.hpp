#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace mailpipe::app {

// Who is let in, and who is taken to be somebody else.
struct AccessOptions {
    std::vector<std::string> proxy_from;    // ADDRESS[/BITS],...: there PROXY comes first, always
    std::vector<std::string> xclient_from;  // the same: they may give XCLIENT
    std::chrono::milliseconds greeting_delay{0};
    std::vector<std::string> dnsbl;      // zones
    bool dnsbl_only_adds_field = false;  // else whom they list may send nothing
};

}  // namespace mailpipe::app
