#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app::serve {

// Addresses and ranges of them: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32".
class Networks {
 public:
    // Each text may hold several, with commas between. Error usage.
    static Result<Networks> parse(const std::vector<std::string>& texts);

    // An IPv4 address that is mapped into IPv6 is that IPv4 address. "" (a Unix socket) is in none.
    bool contain(const std::string& address) const;
    bool empty() const { return ranges_.empty(); }

 private:
    using Octets = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:0:0/96
    struct Range {
        Octets octets{};
        unsigned bits = 0;
    };
    static bool read(const std::string& text, Octets& octets, bool& v4);
    std::vector<Range> ranges_;
};

}  // namespace mailpipe::app::serve
