#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/email/search.hpp"

namespace mailpipe::email {

// One search-key of RFC 9051 section 6.4.4. What a member means depends on the kind.
struct SearchKey {
    enum class Kind {
        all,
        and_,           // children, in the order written
        or_,            // two children
        not_,           // one child
        header,         // field `name` contains `text`
        body,           // `text`
        text,           // `text`
        internal_date,  // `day` and `relation`
        sent_date,
        within,   // `number` seconds old at most (YOUNGER), or at least (OLDER), by `relation` before or since
        keyword,  // `name` is set, or not, by `wanted`
        larger,   // `number`
        smaller,
        uid,  // `ranges`
        // Of parse_imap_search() alone:
        number,     // `ranges` of message numbers
        saved,      // "$" (RFC 5182)
        modseq,     // at least `number` (RFC 7162 section 3.1.5)
        save_date,  // as internal_date (RFC 8514)
        save_date_supported,
        email_id,  // `text` (RFC 8474)
        thread_id,
    };
    enum class Relation { before, on, since };

    Kind kind = Kind::all;
    std::string token;  // as IMAP spells the key, "FROM"; empty for and_
    std::vector<Query> children;
    std::vector<Query> cheap_first;  // and_: the children in the order in which they are evaluated
    std::string name;
    std::string text;
    std::string folded;  // `text` in the form in which it is looked for: casemap(), or fuzzy_form()
    bool fuzzy = false;  // FUZZY stands in front of it (RFC 6203): means something for header, body, text
    Relation relation = Relation::on;
    std::int64_t day = 0;  // days since 1970-01-01
    std::uint64_t number = 0;
    bool wanted = true;
    // first <= last, ascending, apart. "*" is kStar, and a range that ends with it holds the largest number that there is.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    static constexpr std::uint32_t kStar = UINT32_MAX;
};

// What has to be read to evaluate a key: 0 nothing, 1 the size or an id, 2 the header, 3 the message.
int search_cost(const SearchKey& key);

}  // namespace mailpipe::email
