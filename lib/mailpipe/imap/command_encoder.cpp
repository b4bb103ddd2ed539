#include "mailpipe/imap/command_encoder.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/imap/response_framer.hpp"

namespace mailpipe::imap {
namespace {

constexpr std::size_t kLiteralMinus = 4096;  // RFC 7888 section 5
constexpr std::size_t kLargeLiteral = 1U << 20;

bool quotable(std::string_view value) {
    return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

std::string quote(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

bool has_line_end_or_nul(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::optional<std::uint32_t> seq_number(std::string_view text) {
    if (text == "*") return std::numeric_limits<std::uint32_t>::max();
    const auto number = ascii::parse_number(text);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

CommandEncoder& CommandEncoder::text(std::string_view text) {
    chunks_.back().octets += text;
    chunks_.back().traced += text;
    return *this;
}

void CommandEncoder::marker(std::uint64_t octets, bool secret, bool asks) {
    const bool waits = asks || literals_ == LiteralUse::synchronizing ||
                       (literals_ == LiteralUse::minus && octets > kLiteralMinus);
    const std::string size = std::to_string(octets);
    const std::string end = waits ? "}" : "+}";
    chunks_.back().octets += "{" + size + end + "\r\n";
    chunks_.back().traced += "{" + (secret ? "***" : size) + end;
    if (waits) chunks_.emplace_back();
}

void CommandEncoder::literal(std::string_view octets, bool secret) {
    marker(octets.size(), secret);
    chunks_.back().octets += octets;
    chunks_.back().traced += secret ? "[***]" : "[" + std::to_string(octets.size()) + " octets]";
}

void CommandEncoder::announce_literal(std::uint64_t octets, bool binary) {
    if (binary) text("~");
    marker(octets, false, octets > kLargeLiteral);
    chunks_.back().traced += "[" + std::to_string(octets) + " octets]";
}

Result<void> CommandEncoder::string(std::string_view value, bool secret) {
    if (value.find('\0') != std::string_view::npos) {
        return fail(Errc::usage, "a NUL cannot be sent in an IMAP command");
    }
    if (!quotable(value)) {
        literal(value, secret);
        return {};
    }
    std::string quoted = quote(value);
    chunks_.back().octets += quoted;
    chunks_.back().traced += secret ? "***" : quoted;
    wipe(quoted);
    return {};
}

Result<void> CommandEncoder::criteria(std::string_view criteria) {
    while (true) {
        const std::size_t line_end = criteria.find("\r\n");
        const std::string_view line = criteria.substr(0, line_end);
        if (has_line_end_or_nul(line))
            return fail(Errc::usage, "search criteria with CR, LF or NUL outside of a literal");
        if (line_end == std::string_view::npos) {
            text(line);
            return {};
        }
        const auto size = imap::literal_size(line);
        if (!size || !*size || **size > criteria.size() - line_end - 2) {
            return fail(Errc::usage, "search criteria with a line end that no literal explains");
        }
        text(line.substr(0, line.rfind('{')));
        criteria.remove_prefix(line_end + 2);
        const std::string_view octets = criteria.substr(0, static_cast<std::size_t>(**size));
        if (octets.find('\0') != std::string_view::npos) {
            return fail(Errc::usage, "a NUL cannot be sent in an IMAP command");
        }
        literal(octets, false);
        criteria.remove_prefix(octets.size());
    }
}

std::vector<Chunk> CommandEncoder::finish() {
    chunks_.back().octets += "\r\n";
    return std::move(chunks_);
}

// sequence-set = (seq-number / seq-range) *("," sequence-set)     seq-range = seq-number ":" seq-number
Result<UidSet> UidSet::parse(std::string_view text) {
    UidSet set;
    for (const std::string_view piece : ascii::split(text, ',')) {
        const std::size_t colon = piece.find(':');
        const auto first = seq_number(piece.substr(0, colon));
        const auto last = colon == std::string_view::npos ? first : seq_number(piece.substr(colon + 1));
        if (!first || !last)
            return fail(Errc::usage, "not a UID set: \"" + std::string(text.substr(0, 100)) + "\"");
        // "7:*" holds the highest UID also when that is below 7 (RFC 3501 section 6.4.8).
        if (piece.find('*') != std::string_view::npos) set.any_ = true;
        set.ranges_.push_back({std::min(*first, *last), std::max(*first, *last)});
    }
    std::sort(set.ranges_.begin(), set.ranges_.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
    std::size_t kept = 0;
    for (const Range& range : set.ranges_) {
        if (kept > 0 && range.first <= set.ranges_[kept - 1].last) {
            set.ranges_[kept - 1].last = std::max(set.ranges_[kept - 1].last, range.last);
        } else {
            set.ranges_[kept++] = range;
        }
    }
    set.ranges_.resize(kept);
    return set;
}

bool UidSet::contains(std::uint32_t uid) const {
    if (any_) return true;
    const auto behind =
        std::upper_bound(ranges_.begin(), ranges_.end(), uid,
                         [](std::uint32_t value, const Range& range) { return value < range.first; });
    return behind != ranges_.begin() && uid <= std::prev(behind)->last;
}

std::uint64_t UidSet::size() const {
    if (any_) return limits::kListedMessages;
    std::uint64_t size = 0;
    for (const Range& range : ranges_)
        size += std::uint64_t{range.last} - range.first + 1;
    return std::min<std::uint64_t>(size, limits::kListedMessages);
}

}  // namespace mailpipe::imap
