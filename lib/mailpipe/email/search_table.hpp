#pragma once

#include <string_view>

#include "mailpipe/email/search_key.hpp"

namespace mailpipe::email {

// A search-key by its name, with what stands behind it.
struct SearchTableEntry {
    enum class Argument {
        none,
        string,
        field_and_string,
        date,
        number,
        interval,
        keyword,
        set,
        uid,
        modseq,
        object_id
    };
    std::string_view token;
    SearchKey::Kind kind;
    Argument argument;
    std::string_view name;  // header field or keyword
    SearchKey::Relation relation = SearchKey::Relation::on;
    bool wanted = true;
    bool server_only = false;  // of parse_imap_search()
};

// nullptr: there is no such key. `token` is in upper case.
const SearchTableEntry* find_search_key(std::string_view token, bool server);

}  // namespace mailpipe::email
