#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mailpipe::app {

// Ascending UIDs as a sequence-set (RFC 3501 section 9): "1:3,7".
template <class Iterator>
std::string uid_ranges(Iterator begin, Iterator end) {
    std::string out;
    while (begin != end) {
        const std::uint32_t first = *begin;
        std::uint32_t last = first;
        for (++begin; begin != end && *begin == last + 1; ++begin)
            last = *begin;
        if (!out.empty()) out += ',';
        out += std::to_string(first);
        if (last != first) out += ':' + std::to_string(last);
    }
    return out;
}

}  // namespace mailpipe::app
