#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::imap::server {

using Range = std::pair<std::uint32_t, std::uint32_t>;  // first <= last
using Ranges = std::vector<Range>;                      // ascending, apart and not adjoining

// More than a command line of limits::kCommandLine has room for: ranges are never expanded, so memory is what was sent.
inline constexpr std::size_t kNumberSetRanges = 40'000;

// sequence-set of RFC 9051 section 9: numbers of messages or UIDs.
//
//   sequence-set = (seq-number / seq-range) ["," sequence-set] / "$"        ; "$": RFC 9051 section 6.4.4.1
class NumberSet {
 public:
    static constexpr std::uint32_t kStar = 0;  // "*", the largest number there is

    // Errors: protocol for what is no sequence-set, limit for more than kNumberSetRanges ranges.
    static Result<NumberSet> parse(std::string_view text);
    // However many.
    static NumberSet of(Ranges ranges);

    bool is_saved_result() const { return saved_; }  // "$"
    // "*" is `largest`; with `largest` 0 it is nothing. "7:*" holds `largest` also where that is less than 7. Not of "$".
    Ranges resolve(std::uint32_t largest) const;
    // Whether a number beyond `largest`, or "*" of an empty mailbox, is asked for: an error for message numbers (RFC 9051
    // section 6.4), nothing for UIDs.
    bool exceeds(std::uint32_t largest) const;

 private:
    std::vector<Range> ranges_;  // as written: kStar may stand on either side
    bool saved_ = false;
};

// Merges what overlaps or adjoins; `ranges` in any order.
Ranges normalise(Ranges ranges);
bool contains(const Ranges& ranges, std::uint32_t number);
std::uint64_t count(const Ranges& ranges);
// "1:3,7"; "" for none.
std::string encode_ranges(const Ranges& ranges);
// Of ascending numbers.
Ranges ranges_of(const std::vector<std::uint32_t>& numbers);

}  // namespace mailpipe::imap::server
