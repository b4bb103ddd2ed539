#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mailpipe::imap {

// One response of a server: its text with the literals cut out behind their "{n}" markers.
struct Response {
    struct Literal {
        std::size_t behind = 0;  // offset in `text` right behind its marker
        std::uint64_t size = 0;
        bool streamed = false;  // its octets went by and are not kept
        std::string octets;
    };
    std::string text;
    std::vector<Literal> literals;  // in the order of their markers in `text`
};

}  // namespace mailpipe::imap
