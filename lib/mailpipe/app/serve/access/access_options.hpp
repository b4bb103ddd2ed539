#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace mailpipe::app {

// Who is let in, and who is taken to be somebody else.
struct AccessOptions {
    std::vector<std::string> proxy_from;  // ADDRESS[/BITS],...: there PROXY comes first, always
    std::chrono::milliseconds greeting_delay{0};
    std::vector<std::string> dnsbl;  // zones; whom they list may send nothing
};

}  // namespace mailpipe::app
