#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/export.hpp"
#include "mailpipe/email/json_writer.hpp"
#include "mailpipe/mime/header.hpp"

// The JMAP Email object (RFC 8621 section 4) of a message, with mailpipe's additions (mail-json(5)).
namespace mailpipe::email {

using Json = nlohmann::ordered_json;

// What the store or server knows beside the octets.
struct Context {
    std::string ref;
    std::string mailbox;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> uid_validity;
    std::optional<std::string> uidl;
    std::optional<std::vector<std::string>> keywords;
    std::optional<std::int64_t> received_at;  // seconds since the epoch
    std::optional<std::uint64_t> size;        // CRLF octets
};

struct EmailOptions {
    // Octets of a body value; what is longer is cut between two characters and says isTruncated. 0: no limit.
    std::size_t max_body_value = 0;
    // Each part in attachments has its decoded octets as `raw`, and so has each in textBody and htmlBody that is no
    // text, or whose value says isEncodingProblem: all that message_from_json() needs.
    bool with_raw = false;
};

// The members of the envelope: ref, mailbox, uid, uidValidity, uidl, keywords, size, receivedAt, messageId,
// inReplyTo, references, from, sender, to, cc, bcc, replyTo, subject, sentAt, as far as they are known; absent
// fields are absent. Of a field that occurs several times the last one counts (RFC 8621 section 4.1.3). The limits
// that were met, which are still to be written.
mime::LimitSet write_envelope(JsonWriter& json, const mime::Header& header, const Context& context);
// limitsMet with their names; nothing when there are none.
void write_limits(JsonWriter& json, mime::LimitSet limits);

// The object with the envelope and hasAttachment, preview, bodyStructure, bodyValues (all text parts), textBody,
// htmlBody, attachments; limitsMet when limits of base/limits.hpp ended the parsing. A partId is a part number of
// RFC 3501; a message/rfc822 is one part. Never fails. `message` is CRLF text; size is that of the context or its
// octets.
MAILPIPE_EXPORT void write_email(JsonWriter& json, std::string_view message, const Context& context,
                                 const EmailOptions& options = {});

// The same as a line of JSON without its line end, and as a value.
MAILPIPE_EXPORT std::string envelope_line(std::string_view header, const Context& context);
MAILPIPE_EXPORT Json envelope(std::string_view header, const Context& context);
MAILPIPE_EXPORT Json email(std::string_view message, const Context& context, const EmailOptions& options = {});

// One line of JSON, always valid UTF-8, without the line end.
MAILPIPE_EXPORT std::string dump(const Json& json);

}  // namespace mailpipe::email
