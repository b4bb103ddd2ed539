#include "mailpipe/app/serve/access/networks.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr unsigned kMapped = 96;  // bits before an IPv4 address

}  // namespace

bool Networks::read(const std::string& text, Octets& octets, bool& v4) {
    octets = {};
    v4 = inet_pton(AF_INET, text.c_str(), octets.data() + kMapped / 8) == 1;
    if (!v4)
        return text.find('\0') == std::string::npos && inet_pton(AF_INET6, text.c_str(), octets.data()) == 1;
    octets[10] = octets[11] = 0xFF;
    return true;
}

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
    Networks networks;
    for (const auto& text : texts) {
        for (const std::string_view item : ascii::split(text, ',')) {
            const std::size_t slash = item.find('/');
            Range range;
            bool v4 = false;
            bool good = read(std::string(item.substr(0, slash)), range.octets, v4);
            range.bits = 128;
            if (slash != std::string_view::npos) {
                const std::uint64_t bits = ascii::parse_number(item.substr(slash + 1)).value_or(129);
                good = good && bits <= (v4 ? 32 : 128);
                range.bits = static_cast<unsigned>(bits) + (v4 ? kMapped : 0);
            }
            if (!good)
                return fail(Errc::usage, "'" + std::string(item) + "' is not an address, or ADDRESS/BITS");
            networks.ranges_.push_back(range);
        }
    }
    return networks;
}

bool Networks::contain(const std::string& address) const {
    Octets octets{};
    bool v4 = false;
    if (!read(address, octets, v4)) return false;
    return std::any_of(ranges_.begin(), ranges_.end(), [&octets](const Range& range) {
        const std::size_t whole = range.bits / 8;
        if (!std::equal(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(whole),
                        range.octets.begin()))
            return false;
        const unsigned rest = range.bits % 8;
        const auto mask = static_cast<std::uint8_t>(0xFF00U >> rest);
        return rest == 0 || ((octets[whole] ^ range.octets[whole]) & mask) == 0;
    });
}

}  // namespace mailpipe::app::serve
