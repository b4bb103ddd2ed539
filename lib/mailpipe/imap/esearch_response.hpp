#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/tokens.hpp"

// The ESEARCH response (RFC 4731 section 3.1, PARTIAL of RFC 5267 section 4.4 and RFC 9394 section 3.1).
namespace mailpipe::imap {

struct EsearchResponse {
    using Range = std::pair<std::uint32_t, std::uint32_t>;  // first <= last

    std::optional<std::string> tag;  // of the command that it answers
    bool uids = false;               // else the numbers are those of messages
    std::optional<std::uint32_t> count;
    // ALL, or the results of PARTIAL, as ranges in the order of the response: twelve octets may stand for all
    // numbers there are. nullopt: neither is in it, which is how ALL says that there are none.
    std::optional<std::vector<Range>> found;
};

// Reads what stands behind "ESEARCH"; what is not in the struct is skipped. Errors: protocol, limit.
Result<EsearchResponse> parse_esearch(Tokens& tokens);

}  // namespace mailpipe::imap
