#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::email {

// What a message gets where its object says nothing.
struct MessageDefaults {
    std::optional<mime::DateTime> date;      // nullopt: no Date
    std::string message_id;                  // without angle brackets; "": no Message-ID
    std::string boundary_seed = "mailpipe";  // as mime/builder.hpp has it
};

// An Email object from its JSON text. Error data, with the offset: text that is not one JSON object, or an object
// in it with more than kMimeParts keys (a Json object finds a key by looking at each).
MAILPIPE_EXPORT Result<Json> parse_email_object(std::string_view text);

// The CRLF text of the message that an Email object describes, by the rules of RFC 8621 section 4.6 for creating
// one, with these differences, which let email() be read back:
//   - the content of a part is `raw` (base64), else the value of its partId in bodyValues, else the `raw` of the
//     same partId anywhere in bodyStructure, textBody, htmlBody or attachments; there are no blobs;
//   - with bodyStructure the three lists say nothing more; without it they may name several texts;
//   - `charset` is that of a `raw`; a value is written as US-ASCII or UTF-8;
//   - what a store knows (ref, keywords, size, ...) and what follows from the text (preview, hasAttachment) is
//     passed over.
// A header field may be given once, as a property or as "header:NAME:asFORM", with ":all" for several.
// Error data, with the path of the property: an unknown property, a wrong type, a field that is given twice or
// that no header can hold, a part without content, a value that says isTruncated or isEncodingProblem.
MAILPIPE_EXPORT Result<std::string> message_from_json(const Json& object, const MessageDefaults& defaults);

}  // namespace mailpipe::email
