#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::email {
namespace {

void write_message_ids(JsonWriter& json, const mime::Header& header, const char* key, std::string_view name) {
    const mime::Field* field = header.find_last(name);
    if (field == nullptr) return;
    const auto ids = mime::parse_message_ids(field->value);
    if (ids.empty()) return;
    json.key(key);
    json.begin_array();
    for (const std::string& id : ids)
        json.string(id);
    json.end_array();
}

void write_addresses(JsonWriter& json, const mime::Header& header, const char* key, std::string_view name) {
    const mime::Field* field = header.find_last(name);
    if (field == nullptr) return;
    json.key(key);
    json.begin_array();
    for (const mime::AddressGroup& group : mime::parse_address_list(field->value)) {
        for (const mime::Address& address : group.addresses) {
            const std::string shown = display_name(address.name);
            json.begin_object();
            json.key("name");
            shown.empty() ? json.null() : json.string(shown);
            json.key("email");
            json.string(address.email);
            json.end_object();
        }
    }
    json.end_array();
}

void write_text(JsonWriter& json, const char* key, std::string_view text) {
    json.key(key);
    json.string(text);
}

void write_number(JsonWriter& json, const char* key, std::uint64_t number) {
    json.key(key);
    json.number(number);
}

void write_context(JsonWriter& json, const Context& context) {
    if (!context.ref.empty()) write_text(json, "ref", context.ref);
    if (!context.mailbox.empty()) write_text(json, "mailbox", context.mailbox);
    if (context.uid) write_number(json, "uid", *context.uid);
    if (context.uid_validity) write_number(json, "uidValidity", *context.uid_validity);
    if (context.uidl) write_text(json, "uidl", *context.uidl);
    if (context.keywords) {
        json.key("keywords");
        json.begin_object();
        for (const std::string& keyword : *context.keywords) {
            json.any_key(keyword);
            json.boolean(true);
        }
        json.end_object();
    }
    if (context.size) write_number(json, "size", *context.size);
    if (context.received_at) {
        write_text(json, "receivedAt", mime::rfc3339(mime::utc_date(*context.received_at)));
    }
}

}  // namespace

void write_envelope(JsonWriter& json, const mime::Header& header, const Context& context) {
    write_context(json, context);
    write_message_ids(json, header, "messageId", "Message-ID");
    write_message_ids(json, header, "inReplyTo", "In-Reply-To");
    write_message_ids(json, header, "references", "References");
    write_addresses(json, header, "from", "From");
    write_addresses(json, header, "sender", "Sender");
    write_addresses(json, header, "to", "To");
    write_addresses(json, header, "cc", "Cc");
    write_addresses(json, header, "bcc", "Bcc");
    write_addresses(json, header, "replyTo", "Reply-To");
    if (const mime::Field* subject = header.find_last("Subject"))
        write_text(json, "subject", text_form(subject->value));
    if (const mime::Field* date = header.find_last("Date")) {
        if (const auto parsed = mime::parse_date(date->value))
            write_text(json, "sentAt", mime::rfc3339(*parsed));
    }
}

std::string envelope_line(std::string_view header, const Context& context) {
    JsonWriter json;
    json.reserve(header.size() + 256);
    json.begin_object();
    write_envelope(json, mime::parse_header(header), context);
    json.end_object();
    return json.take();
}

Json envelope(std::string_view header, const Context& context) {
    return Json::parse(envelope_line(header, context));
}

std::string dump(const Json& json) {
    return escape_hidden(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace mailpipe::email
