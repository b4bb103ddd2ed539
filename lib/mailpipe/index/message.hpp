#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace mailpipe::index {

using Uid = std::uint32_t;
using ModSeq = std::uint64_t;  // below 2^63 (RFC 7162 section 3.1)

// System flags (RFC 9051 section 2.3.2), one bit each.
enum Flag : std::uint8_t { kSeen = 1, kAnswered = 2, kFlagged = 4, kDeleted = 8, kDraft = 16 };

// What the index says of a message without reading anything.
struct Message {
    Uid uid = 0;
    std::uint8_t flags = 0;
    std::uint64_t keywords = 0;  // bit n: the n-th keyword of the mailbox
    ModSeq modseq = 0;
    std::int64_t internal_date = 0;  // seconds since the epoch
    std::int64_t save_date = 0;      // the same (RFC 8514)
    std::uint64_t size = 0;          // CRLF octets
};

// Keywords that a mailbox can have at most: one bit each.
inline constexpr std::size_t kKeywords = 64;

// What is derived from the text of a message, kept so that the text need not be read again. The index does not look into
// any of it: who opens an account says how it is made.
struct Facts {
    std::string header;    // the fields that searching, sorting, threading want; CRLF, with the empty line
    std::string envelope;  // as FETCH says it
    std::string body;      // BODY
    std::string body_structure;  // BODYSTRUCTURE
    std::string preview;
};
enum Want : unsigned { kHeader = 1, kEnvelope = 2, kBody = 4, kBodyStructure = 8, kPreview = 16 };
inline constexpr unsigned kOfHeader = kHeader | kEnvelope;  // what the header alone tells
// Makes what is wanted, and what costs nothing beside it; returns what it made. Where nothing beyond kOfHeader is wanted, the
// text is the message up to its first empty line only.
using Describe = unsigned (*)(std::string_view crlf_text, unsigned want, Facts& facts);

}  // namespace mailpipe::index
