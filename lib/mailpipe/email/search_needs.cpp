#include <algorithm>

#include "mailpipe/email/search_key.hpp"

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;

void add_needs(const SearchKey& key, SearchNeeds& needs) {
    switch (key.kind) {
        case Kind::header:
            needs.header = true;
            needs.fields.push_back(key.name);
            break;
        case Kind::sent_date:
            needs.header = true;
            needs.fields.emplace_back("Date");
            break;
        case Kind::body:
        case Kind::text:
            needs.message = true;
            break;
        case Kind::email_id:
        case Kind::thread_id:
            needs.ids = true;
            break;
        case Kind::modseq:
            needs.modseq = true;
            break;
        case Kind::saved:
            needs.saved = true;
            break;
        case Kind::number:
            needs.numbers = true;
            break;
        default:
            break;
    }
    for (const Query& child : key.children)
        add_needs(*child, needs);
}

}  // namespace

int search_cost(const SearchKey& key) {
    switch (key.kind) {
        case Kind::larger:
        case Kind::smaller:
        case Kind::email_id:
        case Kind::thread_id:
            return 1;
        case Kind::header:
        case Kind::sent_date:
            return 2;
        case Kind::body:
        case Kind::text:
            return 3;
        case Kind::and_:
        case Kind::or_:
        case Kind::not_: {
            int most = 0;
            for (const Query& child : key.children)
                most = std::max(most, search_cost(*child));
            return most;
        }
        default:
            return 0;
    }
}

bool needs_within(const Query& query) {
    return query->kind == Kind::within ||
           std::any_of(query->children.begin(), query->children.end(), needs_within);
}

bool needs_only_header(const Query& query) {
    switch (query->kind) {
        case Kind::all:
        case Kind::header:
        case Kind::sent_date:
            return true;
        case Kind::and_:
        case Kind::or_:
        case Kind::not_:
            return std::all_of(query->children.begin(), query->children.end(), needs_only_header);
        default:
            return false;
    }
}

SearchNeeds search_needs(const Query& query) {
    SearchNeeds needs;
    add_needs(*query, needs);
    return needs;
}

}  // namespace mailpipe::email
