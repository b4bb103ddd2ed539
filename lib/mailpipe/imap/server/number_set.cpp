#include "mailpipe/imap/server/number_set.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::imap::server {
namespace {

// seq-number = nz-number / "*"
std::optional<std::uint32_t> seq_number(std::string_view text) {
    if (text == "*") return NumberSet::kStar;
    const auto number = ascii::parse_number(text);
    if (!number || text[0] == '0' || *number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

Result<NumberSet> NumberSet::parse(std::string_view text) {
    NumberSet set;
    if (text == "$") {
        set.saved_ = true;
        return set;
    }
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view piece = text.substr(0, comma);
        const std::size_t colon = piece.find(':');
        const auto first = seq_number(piece.substr(0, colon));
        const auto last = colon == std::string_view::npos ? first : seq_number(piece.substr(colon + 1));
        if (!first || !last) return fail(Errc::protocol, "sequence-set expected");
        if (set.ranges_.size() == kNumberSetRanges) {
            return fail(Errc::limit, "sequence-set of more ranges than kNumberSetRanges (" +
                                         std::to_string(kNumberSetRanges) + ")");
        }
        set.ranges_.emplace_back(*first, *last);
        if (comma == std::string_view::npos) return set;
        text.remove_prefix(comma + 1);
    }
}

NumberSet NumberSet::of(Ranges ranges) {
    NumberSet set;
    set.ranges_ = std::move(ranges);
    return set;
}

Ranges NumberSet::resolve(std::uint32_t largest) const {
    Ranges out;
    out.reserve(ranges_.size());
    for (const Range& range : ranges_) {
        const bool star = range.first == kStar || range.second == kStar;
        if (star && largest == 0) continue;
        const std::uint32_t first = range.first == kStar ? largest : range.first;
        const std::uint32_t last = range.second == kStar ? largest : range.second;
        out.emplace_back(std::min(first, last), std::max(first, last));
    }
    return normalise(std::move(out));
}

bool NumberSet::exceeds(std::uint32_t largest) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [largest](const Range& range) {
        const bool star = range.first == kStar || range.second == kStar;
        return range.first > largest || range.second > largest || (star && largest == 0);
    });
}

Ranges normalise(Ranges ranges) {
    std::sort(ranges.begin(), ranges.end());
    std::size_t kept = 0;
    for (const Range& range : ranges) {
        if (kept > 0 && range.first <= std::uint64_t{ranges[kept - 1].second} + 1) {
            ranges[kept - 1].second = std::max(ranges[kept - 1].second, range.second);
        } else {
            ranges[kept++] = range;
        }
    }
    ranges.resize(kept);
    return ranges;
}

bool contains(const Ranges& ranges, std::uint32_t number) {
    const auto behind =
        std::upper_bound(ranges.begin(), ranges.end(), number,
                         [](std::uint32_t value, const Range& range) { return value < range.first; });
    return behind != ranges.begin() && number <= std::prev(behind)->second;
}

std::uint64_t count(const Ranges& ranges) {
    std::uint64_t sum = 0;
    for (const Range& range : ranges)
        sum += std::uint64_t{range.second} - range.first + 1;
    return sum;
}

std::string encode_ranges(const Ranges& ranges) {
    std::string out;
    for (const Range& range : ranges) {
        if (!out.empty()) out += ',';
        out += std::to_string(range.first);
        if (range.second != range.first) out += ':' + std::to_string(range.second);
    }
    return out;
}

Ranges ranges_of(const std::vector<std::uint32_t>& numbers) {
    Ranges out;
    for (const std::uint32_t number : numbers) {
        if (!out.empty() && number == out.back().second + std::uint64_t{1}) {
            out.back().second = number;
        } else if (out.empty() || number != out.back().second) {
            out.emplace_back(number, number);
        }
    }
    return out;
}

}  // namespace mailpipe::imap::server
