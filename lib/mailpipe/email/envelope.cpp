#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::email {
namespace {

std::string_view limit_name(mime::Limit limit) {
    switch (limit) {
        case mime::Limit::header_size:
            return "headerSize";
        case mime::Limit::header_fields:
            return "headerFields";
        case mime::Limit::field_items:
            return "fieldItems";
        case mime::Limit::mime_depth:
            return "mimeDepth";
        case mime::Limit::mime_parts:
            return "mimeParts";
    }
    return "";
}

// Writes the properties of a header, and collects the limits that are met.
class EnvelopeWriter {
 public:
    EnvelopeWriter(JsonWriter& json, const mime::Header& header)
        : json_(json), header_(header), limits_(header.limits) {}

    void message_ids(const char* key, std::string_view name) {
        const mime::Field* field = header_.find_last(name);
        if (field == nullptr) return;
        const auto ids = mime::parse_message_ids(field->value, &limits_);
        if (ids.empty()) return;
        json_.key(key);
        json_.begin_array();
        for (const std::string& id : ids)
            json_.string(id);
        json_.end_array();
    }

    void addresses(const char* key, std::string_view name) {
        const mime::Field* field = header_.find_last(name);
        if (field == nullptr) return;
        json_.key(key);
        json_.begin_array();
        for (const mime::AddressGroup& group : mime::parse_address_list(field->value, &limits_)) {
            for (const mime::Address& one : group.addresses)
                address(one);
        }
        json_.end_array();
    }

    mime::LimitSet limits() const { return limits_; }

 private:
    void address(const mime::Address& one) {
        const std::string shown = display_name(one.name);
        json_.begin_object();
        json_.key("name");
        shown.empty() ? json_.null() : json_.string(shown);
        json_.key("email");
        json_.string(one.email);
        json_.end_object();
    }

    JsonWriter& json_;
    const mime::Header& header_;
    mime::LimitSet limits_;
};

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

mime::LimitSet write_envelope(JsonWriter& json, const mime::Header& header, const Context& context) {
    write_context(json, context);
    EnvelopeWriter envelope(json, header);
    envelope.message_ids("messageId", "Message-ID");
    envelope.message_ids("inReplyTo", "In-Reply-To");
    envelope.message_ids("references", "References");
    envelope.addresses("from", "From");
    envelope.addresses("sender", "Sender");
    envelope.addresses("to", "To");
    envelope.addresses("cc", "Cc");
    envelope.addresses("bcc", "Bcc");
    envelope.addresses("replyTo", "Reply-To");
    if (const mime::Field* subject = header.find_last("Subject"))
        write_text(json, "subject", text_form(subject->value));
    if (const mime::Field* date = header.find_last("Date")) {
        if (const auto parsed = mime::parse_date(date->value))
            write_text(json, "sentAt", mime::rfc3339(*parsed));
    }
    return envelope.limits();
}

void write_limits(JsonWriter& json, mime::LimitSet limits) {
    if (limits.empty()) return;
    json.key("limitsMet");
    json.begin_array();
    limits.each([&json](mime::Limit limit) { json.string(limit_name(limit)); });
    json.end_array();
}

std::string envelope_line(std::string_view header, const Context& context) {
    JsonWriter json;
    json.reserve(header.size() + 256);
    json.begin_object();
    write_limits(json, write_envelope(json, mime::parse_header(header), context));
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
