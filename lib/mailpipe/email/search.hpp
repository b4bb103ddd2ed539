#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"

// Search in the IMAP SEARCH grammar (RFC 9051 section 6.4.4), for every kind of location.
namespace mailpipe::email {

struct SearchKey;  // a tree; email/search_key.hpp
using Query = std::shared_ptr<const SearchKey>;

// ALL, FROM, TO, CC, BCC, SUBJECT, BODY, TEXT, HEADER, SINCE, BEFORE, ON, SENTSINCE, SENTBEFORE, SENTON, SEEN,
// UNSEEN, ANSWERED, UNANSWERED, FLAGGED, UNFLAGGED, DELETED, UNDELETED, DRAFT, UNDRAFT, KEYWORD, UNKEYWORD,
// LARGER, SMALLER, OLDER, YOUNGER (seconds, RFC 5032), UID, NOT, OR, and parentheses; keys side by side are
// ANDed. Strings are atoms or quoted;
// UTF-8. A date is D-Mon-YYYY; a UID set may hold "*", which stands for the largest number there is. Error
// usage names the rule and the offset; nesting ends at limits::kImapNesting.
MAILPIPE_EXPORT Result<Query> parse_search(std::string_view text);

// The whole of what a server is asked (RFC 9051 section 9): all these; literals, "{n}" and "{n+}" with CRLF and the octets; sets
// of message numbers and "$"; NEW, OLD, RECENT (RFC 3501), MODSEQ (RFC 7162), SAVEDBEFORE, SAVEDON, SAVEDSINCE,
// SAVEDATESUPPORTED (RFC 8514), EMAILID, THREADID (RFC 8474), FUZZY in front of a key (RFC 6203). The charset, if any, was read
// by the caller.
Result<Query> parse_imap_search(std::string_view text);

// What of a message has to be read, at most, to evaluate a query.
struct SearchNeeds {
    bool ids = false;      // email_id(), thread_id()
    bool header = false;   // the fields of `fields`
    bool message = false;  // header() and message()
    bool modseq = false;   // MODSEQ is among the keys: the response tells the highest (RFC 7162 section 3.1.5)
    bool saved = false;    // "$"
    bool numbers = false;  // message numbers are: none may be used with UIDONLY (RFC 9586)
    std::vector<std::string> fields;  // names, as written
};
SearchNeeds search_needs(const Query& query);

// Whether an IMAP server needs WITHIN (RFC 5032) for it.
bool needs_within(const Query& query);
// Whether the header alone decides: neither flags, dates of arrival, size, UID nor the body are asked for.
bool needs_only_header(const Query& query);

// The same as IMAP command text: criteria with quoted strings, or literals "{n}\r\n..." where a string is not
// quotable; with "CHARSET UTF-8 " in front when a string is not ASCII.
MAILPIPE_EXPORT std::string encode_search(const Query& query);
// The same without the charset, for commands that have it elsewhere.
std::string encode_search_keys(const Query& query);

struct SearchSubject {  // what the evaluator asks of a message; text is asked for only when a key needs it;
                        // what it returned stays valid until matches() returns
    virtual ~SearchSubject() = default;
    virtual Result<std::string_view> header() = 0;   // raw octets
    virtual Result<std::string_view> message() = 0;  // raw octets, header included
    virtual Result<std::uint64_t> size() = 0;        // CRLF octets
    virtual const std::vector<std::string>& keywords() const = 0;
    // Ignoring case; "$seen" and its like are the system flags.
    virtual bool has_keyword(std::string_view name) const;
    virtual std::time_t received_at() const = 0;
    virtual std::time_t now() const = 0;    // what OLDER and YOUNGER count from
    virtual std::uint32_t uid() const = 0;  // 0: none

    // A part of the header that has all fields of that name, for a subject that keeps some; nullopt: header() is asked.
    virtual std::optional<std::string_view> kept_header(std::string_view /*name*/) { return std::nullopt; }
    // The largest UID and the largest message number there are, which "*" stands for; 0: not known.
    virtual std::uint32_t largest_uid() const { return 0; }
    virtual std::uint32_t largest_number() const { return 0; }
    virtual std::uint32_t number() const { return 0; }  // of the message; 0: none
    virtual bool is_saved() const { return false; }     // is in the saved result
    virtual std::uint64_t modseq() const { return 0; }
    virtual std::optional<std::time_t> saved_at() const { return std::nullopt; }  // nullopt: not supported
    virtual Result<std::string> email_id() { return std::string(); }
    virtual Result<std::string> thread_id() { return std::string(); }
};
// Strings match as substrings of the decoded text, both in the form of casemap(): those of FROM, TO, CC and BCC in
// the addresses, "name <address>", those of other fields as they are written, BODY without any field. Days of SINCE, BEFORE
// and ON are those of UTC, days of SENTSINCE and its like those that the Date field says. Of keys side by side
// the cheap ones are evaluated first. What FUZZY is put in front of matches without regard to diacritics, and each word by
// itself wherever it begins a word. Errors are those of the subject.
MAILPIPE_EXPORT Result<bool> matches(const Query& query, SearchSubject& subject);

}  // namespace mailpipe::email
