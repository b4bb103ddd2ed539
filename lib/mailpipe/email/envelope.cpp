#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::email {
namespace {

void add_message_ids(Json& json, const mime::Header& header, const char* key, std::string_view name) {
    const mime::Field* field = header.find_last(name);
    if (field == nullptr) return;
    if (auto ids = mime::parse_message_ids(field->value); !ids.empty()) json[key] = std::move(ids);
}

void add_addresses(Json& json, const mime::Header& header, const char* key, std::string_view name) {
    const mime::Field* field = header.find_last(name);
    if (field == nullptr) return;
    json[key] = addresses_json(field->value);
}

Json keywords_object(const std::vector<std::string>& keywords) {
    Json out = Json::object();
    for (const std::string& keyword : keywords)
        out[keyword] = true;
    return out;
}

void add_context(Json& json, const Context& context) {
    if (!context.ref.empty()) json["ref"] = context.ref;
    if (!context.mailbox.empty()) json["mailbox"] = context.mailbox;
    if (context.uid) json["uid"] = *context.uid;
    if (context.uid_validity) json["uidValidity"] = *context.uid_validity;
    if (context.uidl) json["uidl"] = *context.uidl;
    if (context.keywords) json["keywords"] = keywords_object(*context.keywords);
    if (context.size) json["size"] = *context.size;
    if (context.received_at) json["receivedAt"] = mime::rfc3339(mime::utc_date(*context.received_at));
}

}  // namespace

Json envelope(std::string_view header, const Context& context) {
    const mime::Header parsed = mime::parse_header(header);
    Json json = Json::object();
    add_context(json, context);
    add_message_ids(json, parsed, "messageId", "Message-ID");
    add_message_ids(json, parsed, "inReplyTo", "In-Reply-To");
    add_message_ids(json, parsed, "references", "References");
    add_addresses(json, parsed, "from", "From");
    add_addresses(json, parsed, "sender", "Sender");
    add_addresses(json, parsed, "to", "To");
    add_addresses(json, parsed, "cc", "Cc");
    add_addresses(json, parsed, "bcc", "Bcc");
    add_addresses(json, parsed, "replyTo", "Reply-To");
    if (const mime::Field* subject = parsed.find_last("Subject")) json["subject"] = text_form(subject->value);
    if (const mime::Field* date = parsed.find_last("Date")) {
        if (const auto parsed_date = mime::parse_date(date->value))
            json["sentAt"] = mime::rfc3339(*parsed_date);
    }
    return json;
}

std::string dump(const Json& json) {
    // Strings are UTF-8 by construction, but for refs and keywords, which hold what a server or file system
    // gave.
    return escape_hidden(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace mailpipe::email
