#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/imap/server/command.hpp"

// Responses to SEARCH, SORT and THREAD, whole lines with their CRLF.
namespace mailpipe::imap::server {

// Message numbers or UIDs that were found: ascending, or in the order of SORT.
using Found = std::vector<std::uint32_t>;

// "* SEARCH 2 84 882 (MODSEQ 917162500)" (RFC 9051 section 7.3.4, RFC 7162 section 3.1.5); the MODSEQ only where one is found.
std::string encode_search(const Found& found, std::optional<std::uint64_t> modseq);
// "* SORT 5 3 4" (RFC 5256 section 4).
std::string encode_sort(const Found& found, std::optional<std::uint64_t> modseq);
// "* THREAD (2)(3 6)" of what email::encode_threads() makes.
std::string encode_thread(std::string_view threads);

// What of the messages found the options ask for: indices into `found`.
struct SelectedResults {
    std::optional<std::size_t> min, max;
    std::pair<std::size_t, std::size_t> partial;  // [first, second)
};
SelectedResults select_results(const SearchReturn& returns, std::size_t count);
// The indices of those that SAVE keeps (RFC 5182 section 2.4, RFC 9394 section 3.1) and those whose MODSEQ counts (RFC 7162
// section 3.1.10): all, unless only MIN, MAX, PARTIAL are asked for.
std::vector<std::size_t> kept_results(const SearchReturn& returns, std::size_t count);

struct ESearch {
    std::string_view tag;
    bool uid = false;
    bool sorted = false;  // the order counts
    // MULTISEARCH (RFC 7377): of this mailbox.
    std::string_view mailbox;
    std::uint32_t uid_validity = 0;
    bool utf8 = false;
};
// "* ESEARCH (TAG "A1") UID MIN 2 COUNT 3" (RFC 9051 section 7.3.4, RFC 4731, 5267, 9394); "" where the options ask for none
// (SAVE alone). `scores` side by side with `found`, for RELEVANCY (RFC 6203 section 4).
std::string encode_esearch(const ESearch& of, const SearchReturn& returns, const Found& found,
                           std::optional<std::uint64_t> modseq, const std::vector<int>& scores = {});

// What changed of a result that the client keeps (UPDATE, RFC 5267 section 4.3): UIDs before and after. Positions are those
// of the sorted result, 0 where there is no order. `number_of` says what is written for a UID; those removed are written
// before those added. "" when nothing changed.
std::string encode_context_update(
    const ESearch& of, const Found& before, const Found& after,
    const std::function<std::uint32_t(std::uint32_t uid, bool removed)>& number_of);

}  // namespace mailpipe::imap::server
