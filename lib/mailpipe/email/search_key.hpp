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
    };
    enum class Relation { before, on, since };

    Kind kind = Kind::all;
    std::string token;  // as IMAP spells the key, "FROM"; empty for and_
    std::vector<Query> children;
    std::vector<Query> cheap_first;  // and_: the children in the order in which they are evaluated
    std::string name;
    std::string text;
    Relation relation = Relation::on;
    std::int64_t day = 0;  // days since 1970-01-01
    std::uint64_t number = 0;
    bool wanted = true;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  // first <= last
};

// What has to be read to evaluate a key: 0 nothing, 1 the size, 2 the header, 3 the message.
int search_cost(const SearchKey& key);

}  // namespace mailpipe::email
