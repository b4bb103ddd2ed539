#include "mailpipe/email/search_table.hpp"

#include <algorithm>
#include <array>

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;
using Relation = SearchKey::Relation;
using Argument = SearchTableEntry::Argument;

constexpr auto kKeys = std::to_array<SearchTableEntry>({
    {"ALL", Kind::all, Argument::none, ""},
    {"FROM", Kind::header, Argument::string, "From"},
    {"TO", Kind::header, Argument::string, "To"},
    {"CC", Kind::header, Argument::string, "Cc"},
    {"BCC", Kind::header, Argument::string, "Bcc"},
    {"SUBJECT", Kind::header, Argument::string, "Subject"},
    {"HEADER", Kind::header, Argument::field_and_string, ""},
    {"BODY", Kind::body, Argument::string, ""},
    {"TEXT", Kind::text, Argument::string, ""},
    {"BEFORE", Kind::internal_date, Argument::date, "", Relation::before},
    {"ON", Kind::internal_date, Argument::date, "", Relation::on},
    {"SINCE", Kind::internal_date, Argument::date, "", Relation::since},
    {"SENTBEFORE", Kind::sent_date, Argument::date, "", Relation::before},
    {"SENTON", Kind::sent_date, Argument::date, "", Relation::on},
    {"SENTSINCE", Kind::sent_date, Argument::date, "", Relation::since},
    {"SEEN", Kind::keyword, Argument::none, "$seen"},
    {"UNSEEN", Kind::keyword, Argument::none, "$seen", Relation::on, false},
    {"ANSWERED", Kind::keyword, Argument::none, "$answered"},
    {"UNANSWERED", Kind::keyword, Argument::none, "$answered", Relation::on, false},
    {"FLAGGED", Kind::keyword, Argument::none, "$flagged"},
    {"UNFLAGGED", Kind::keyword, Argument::none, "$flagged", Relation::on, false},
    {"DELETED", Kind::keyword, Argument::none, "$deleted"},
    {"UNDELETED", Kind::keyword, Argument::none, "$deleted", Relation::on, false},
    {"DRAFT", Kind::keyword, Argument::none, "$draft"},
    {"UNDRAFT", Kind::keyword, Argument::none, "$draft", Relation::on, false},
    {"KEYWORD", Kind::keyword, Argument::keyword, ""},
    {"UNKEYWORD", Kind::keyword, Argument::keyword, "", Relation::on, false},
    {"LARGER", Kind::larger, Argument::number, ""},
    {"SMALLER", Kind::smaller, Argument::number, ""},
    {"OLDER", Kind::within, Argument::interval, "", Relation::before},
    {"YOUNGER", Kind::within, Argument::interval, "", Relation::since},
    {"UID", Kind::uid, Argument::set, ""},
    {"UIDAFTER", Kind::uid, Argument::uid, "", Relation::since, true, true},
    {"UIDBEFORE", Kind::uid, Argument::uid, "", Relation::before, true, true},
    {"RECENT", Kind::keyword, Argument::none, "$recent", Relation::on, true, true},
    {"OLD", Kind::keyword, Argument::none, "$recent", Relation::on, false, true},
    {"MODSEQ", Kind::modseq, Argument::modseq, "", Relation::on, true, true},
    {"SAVEDBEFORE", Kind::save_date, Argument::date, "", Relation::before, true, true},
    {"SAVEDON", Kind::save_date, Argument::date, "", Relation::on, true, true},
    {"SAVEDSINCE", Kind::save_date, Argument::date, "", Relation::since, true, true},
    {"SAVEDATESUPPORTED", Kind::save_date_supported, Argument::none, "", Relation::on, true, true},
    {"EMAILID", Kind::email_id, Argument::object_id, "", Relation::on, true, true},
    {"THREADID", Kind::thread_id, Argument::object_id, "", Relation::on, true, true},
});

}  // namespace

const SearchTableEntry* find_search_key(std::string_view token, bool server) {
    const auto* found = std::find_if(kKeys.begin(), kKeys.end(), [&](const SearchTableEntry& entry) {
        return entry.token == token && (server || !entry.server_only);
    });
    return found == kKeys.end() ? nullptr : found;
}

}  // namespace mailpipe::email
