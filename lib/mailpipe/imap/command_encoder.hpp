#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

// Commands on the wire: quoted strings, and literals as the server allows them (RFC 3501 section 4.3, RFC
// 7888).
namespace mailpipe::imap {

enum class LiteralUse { synchronizing, minus, plus };  // minus: "{n+}" up to 4096 octets

// What may be sent at once. All but the first chunk, and what follows an announced literal, wait for a continuation
// request.
struct Chunk {
    std::string octets;
    std::string traced;  // secrets replaced, without line ends
};

class CommandEncoder {
 public:
    explicit CommandEncoder(LiteralUse literals) : literals_(literals) { chunks_.emplace_back(); }

    CommandEncoder& text(std::string_view text);
    // A quoted string where possible, else a literal. Error usage: it contains NUL, which neither can hold.
    Result<void> string(std::string_view value, bool secret = false);
    // SEARCH criteria that may hold synchronizing literals "{n}CRLF...". Error usage: a CR, LF or NUL outside
    // of a literal (it could end the command), or a literal that is not all there.
    Result<void> criteria(std::string_view criteria);

    // The marker of a literal of so many octets, which the caller sends itself behind all chunks so far; literal8 of
    // RFC 3516 when it is `binary`. A large one waits for a continuation request, so that it may be refused.
    void announce_literal(std::uint64_t octets, bool binary);
    // How many there are so far.
    std::size_t chunks() const { return chunks_.size(); }
    // What follows is not sent with what came before.
    void begin_chunk() { chunks_.emplace_back(); }

    // Ends the command.
    std::vector<Chunk> finish();
    // The same where a literal that was announced and a line end follow.
    std::vector<Chunk> take() { return std::move(chunks_); }

 private:
    void marker(std::uint64_t octets, bool secret, bool asks = false);
    void literal(std::string_view octets, bool secret);

    LiteralUse literals_;
    std::vector<Chunk> chunks_;
};

// A sequence-set (RFC 3501 section 9) of UIDs. Ranges are kept as ranges.
class UidSet {
 public:
    // Error usage for what is no sequence-set.
    static Result<UidSet> parse(std::string_view text);
    // "*" stands for a UID that only the server knows: a set with it holds any.
    bool contains(std::uint32_t uid) const;
    // How many there can be.
    std::uint64_t size() const;

 private:
    struct Range {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
    };
    std::vector<Range> ranges_;  // ascending, apart
    bool any_ = false;
};

}  // namespace mailpipe::imap
