#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
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

// Of each field of an envelope the last one (RFC 8621 section 4.1.3), found in one pass over the header.
class EnvelopeFields {
 public:
    enum Name : std::uint8_t {
        bcc,
        cc,
        date,
        from,
        in_reply_to,
        message_id,
        references,
        reply_to,
        sender,
        subject,
        to,
        kCount
    };

    explicit EnvelopeFields(const mime::Header& header) {
        for (const mime::Field& field : header.fields) {
            if (field.name.size() >= kOfLength.size()) continue;
            for (const Name name : kOfLength[field.name.size()]) {
                if (name != kCount && is_name(field.name, kNames[name])) found_[name] = &field;
            }
        }
    }
    const mime::Field* operator[](Name name) const { return found_[name]; }

 private:
    static constexpr std::array<std::string_view, kCount> kNames{
        "bcc",        "cc",       "date",   "from",    "in-reply-to", "message-id",
        "references", "reply-to", "sender", "subject", "to"};
    // The names that are so long: most fields of a header are none of these, which their length says nearly always.
    static constexpr std::size_t kMostAlike = 2;
    static constexpr auto kOfLength = [] {
        std::array<std::array<Name, kMostAlike>, 12> table{};
        for (auto& names : table)
            names.fill(kCount);
        for (std::uint8_t name = 0; name < kCount; ++name) {
            auto& names = table.at(kNames[name].size());
            (names[0] == kCount ? names.at(0) : names.at(1)) = static_cast<Name>(name);
        }
        return table;
    }();

    // A letter differs from its other case in one bit, which "-" has, and nothing else that stands in a name becomes
    // one of these by it.
    static bool is_name(std::string_view field_name, std::string_view lower_case) {
        return std::equal(field_name.begin(), field_name.end(), lower_case.begin(),
                          [](char x, char y) { return (x | 0x20) == y; });
    }

    std::array<const mime::Field*, kCount> found_{};
};

// Writes the properties of a header, and collects the limits that are met. What stands in a field as it is to be written
// is not copied: a listing writes the envelopes of hundreds of thousands of messages.
class EnvelopeWriter {
 public:
    EnvelopeWriter(JsonWriter& json, const mime::Header& header)
        : json_(json), fields_(header), limits_(header.limits) {}

    void message_ids(const char* key, EnvelopeFields::Name name) {
        const mime::Field* field = fields_[name];
        if (field == nullptr) return;
        bool is_first = true;
        const auto write = [&](std::string_view id) {
            if (std::exchange(is_first, false)) {
                json_.key(key);
                json_.begin_array();
            }
            json_.string(id);
        };
        // By reference: what it captures is more than a function object has room for.
        mime::for_each_message_id(field->value, std::ref(write), &limits_);
        if (!is_first) json_.end_array();
    }

    void addresses(const char* key, EnvelopeFields::Name name) {
        const mime::Field* field = fields_[name];
        if (field == nullptr) return;
        json_.key(key);
        json_.begin_array();
        mime::for_each_address(
            field->value, [this](std::string_view shown, std::string_view email) { address(shown, email); },
            &limits_);
        json_.end_array();
    }

    void subject() {
        const mime::Field* field = fields_[EnvelopeFields::subject];
        if (field == nullptr) return;
        json_.key("subject");
        const auto plain = mime::plain_text(field->value);
        plain ? json_.string(*plain) : json_.string(text_form(field->value));
    }

    void sent_at() {
        const mime::Field* field = fields_[EnvelopeFields::date];
        if (field == nullptr) return;
        const auto date = mime::parse_date(field->value);
        if (!date) return;
        json_.key("sentAt");
        json_.string(mime::rfc3339(*date));
    }

    mime::LimitSet limits() const { return limits_; }

 private:
    void address(std::string_view name, std::string_view email) {
        json_.begin_object();
        json_.key("name");
        // As display_name(), which copies.
        const std::string_view trimmed = ascii::trim(name);
        if (trimmed.empty()) {
            json_.null();
        } else {
            ascii::is_ascii(trimmed) ? json_.string(trimmed) : json_.string(display_name(trimmed));
        }
        json_.key("email");
        json_.string(email);
        json_.end_object();
    }

    JsonWriter& json_;
    EnvelopeFields fields_;
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
    envelope.message_ids("messageId", EnvelopeFields::message_id);
    envelope.message_ids("inReplyTo", EnvelopeFields::in_reply_to);
    envelope.message_ids("references", EnvelopeFields::references);
    envelope.addresses("from", EnvelopeFields::from);
    envelope.addresses("sender", EnvelopeFields::sender);
    envelope.addresses("to", EnvelopeFields::to);
    envelope.addresses("cc", EnvelopeFields::cc);
    envelope.addresses("bcc", EnvelopeFields::bcc);
    envelope.addresses("replyTo", EnvelopeFields::reply_to);
    envelope.subject();
    envelope.sent_at();
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
