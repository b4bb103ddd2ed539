#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

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

// The envelope: ref, mailbox, uid, uidValidity, uidl, keywords, size, receivedAt, messageId, inReplyTo, references,
// from, sender, to, cc, bcc, replyTo, subject, sentAt, as far as they are known; absent fields are absent.
Json envelope(std::string_view header, const Context& context);

// The envelope and preview, hasAttachment, bodyStructure, bodyValues (text parts), textBody, htmlBody, attachments.
Json email(std::string_view message, const Context& context);

// One line of JSON, always valid UTF-8, without the line end.
std::string dump(const Json& json);

}  // namespace mailpipe::email
