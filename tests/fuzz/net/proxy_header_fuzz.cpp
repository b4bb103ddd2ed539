#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/net/proxy_header.hpp"

// Read as parse_proxy_header() wants it, a header ends in time, and what it says does not depend on what follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailpipe::net;
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    std::size_t read = 0;
    while (true) {
        const auto header = parse_proxy_header(octets.substr(0, read));
        if (!header) return 0;
        if (header->wants == 0) {
            if (read == 0 || read > kProxyHeaderV2) std::abort();
            if (header->proxied == header->address.empty()) std::abort();
            return 0;
        }
        read += header->wants;
        if (read > kProxyHeaderV2) std::abort();
        if (read > size) return 0;
    }
}
