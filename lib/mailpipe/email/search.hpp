#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
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
    virtual std::time_t received_at() const = 0;
    virtual std::time_t now() const = 0;    // what OLDER and YOUNGER count from
    virtual std::uint32_t uid() const = 0;  // 0: none
};
// Strings match as substrings of the decoded text, both in the form of casemap(): those of FROM, TO, CC and BCC in
// the addresses, "name <address>", those of other fields as they are written, BODY without any field. Days of SINCE, BEFORE
// and ON are those of UTC, days of SENTSINCE and its like those that the Date field says. Of keys side by side
// the cheap ones are evaluated first. Errors are those of the subject.
MAILPIPE_EXPORT Result<bool> matches(const Query& query, SearchSubject& subject);

}  // namespace mailpipe::email
