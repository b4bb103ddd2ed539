#pragma once

#include "mailpipe/email/search.hpp"

// How relevant what FUZZY finds is (RFC 6203 section 4).
namespace mailpipe::email {

// Whether FUZZY stands in front of any of the keys.
bool is_fuzzy(const Query& query);

// Of a message that matches: 1 to 100. A phrase of whole words counts more than the same words apart, and these more than
// beginnings of words; words among few others more than among many; the header more than the text, where both were looked
// at. The mean of the keys that FUZZY stands in front of, of those of OR the best; 100 where none of them is text. Errors are
// those of the subject.
Result<int> relevancy(const Query& query, SearchSubject& subject);

}  // namespace mailpipe::email
