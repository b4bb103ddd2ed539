#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/header.hpp"

// SORT of RFC 5256 section 3, with DISPLAYFROM and DISPLAYTO of RFC 5957.
namespace mailpipe::email {

enum class SortKey { arrival, cc, date, from, size, subject, to, display_from, display_to, relevancy };

struct SortCriterion {
    SortKey key = SortKey::arrival;
    bool reverse = false;
    bool operator==(const SortCriterion&) const = default;
};
using SortProgram = std::vector<SortCriterion>;

// "REVERSE DATE FROM"; any case, parentheses around the whole allowed. Error usage names the key and the
// offset.
MAILPIPE_EXPORT Result<SortProgram> parse_sort(std::string_view text);
// What a server is asked: RELEVANCY (RFC 6203 section 6) as well.
Result<SortProgram> parse_imap_sort(std::string_view text);
// "(REVERSE DATE FROM)", as the SORT command takes it.
MAILPIPE_EXPORT std::string encode_sort(const SortProgram& program);
MAILPIPE_EXPORT bool needs_display_names(const SortProgram& program);  // the server must offer SORT=DISPLAY
bool sorts_by_relevancy(const SortProgram& program);

// What a message is sorted by: one value for each criterion, in its order. An integer, or text in the form of
// casemap().
struct SortValue {
    std::int64_t number = 0;
    std::string text;
};
struct SortFacts {
    std::string_view header;
    std::int64_t received_at = 0;  // also stands for a Date that is missing or unreadable
    std::uint64_t size = 0;        // CRLF octets
    int relevancy = 0;             // email/relevancy.hpp; the highest comes first
};
MAILPIPE_EXPORT std::vector<SortValue> sort_values(const SortProgram& program, const SortFacts& facts);

// Whether `a` stands before `b`; equal messages keep their order, so use a stable sort.
MAILPIPE_EXPORT bool sorts_before(const SortProgram& program, const std::vector<SortValue>& a,
                                  const std::vector<SortValue>& b);

// The sent date of RFC 5256 section 2.2: the Date field in UTC, seconds since the epoch, or `received_at`.
std::int64_t sent_date(const mime::Header& header, std::int64_t received_at);

}  // namespace mailpipe::email
