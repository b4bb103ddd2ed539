#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {

// What a header says about the envelope (RFC 5322 sections 3.6.2, 3.6.3 and 3.6.6).
struct HeaderEnvelope {
    // Addresses of To, Cc and Bcc; of the topmost block of Resent- fields when there is one.
    std::vector<std::string> recipients;
    // Of Sender, else the first of From; of Resent-Sender and Resent-From when there is such a block.
    std::optional<std::string> sender;
    // Offset and length of each Bcc and Resent-Bcc field, ascending: no recipient may see them.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blind;
};

HeaderEnvelope read_header_envelope(const mime::Header& header);
// `blind` of it alone, without the addresses, which cost more.
std::vector<std::pair<std::uint64_t, std::uint64_t>> find_blind_fields(const mime::Header& header);

}  // namespace mailpipe::app
