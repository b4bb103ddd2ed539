#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Tells a message again where its UID or UIDL does not: UIDVALIDITY has changed, a server has renumbered, or the
// journal is lost.
namespace mailpipe::app {

struct Fingerprint {
    // Of the whole header (its first 256 KiB) without the fields that mail readers write into a store: Status,
    // X-Status, X-Keywords, X-UID, X-IMAP, X-IMAPbase, Content-Length, Lines. 0: not known.
    std::uint64_t header = 0;
    // Of Message-ID and Date; 0 without a Message-ID.
    std::uint64_t identity = 0;

    bool operator==(const Fingerprint&) const = default;
};

// Takes a message, or its header alone, in pieces.
class Fingerprinter {
 public:
    void append(std::string_view crlf_text);
    // Nothing more is needed of this message.
    bool has_header() const { return complete_; }
    // Of what has come since the last call; line ends do not count.
    Fingerprint finish();

 private:
    std::string header_;
    bool complete_ = false;
};

}  // namespace mailpipe::app
