#include "mailpipe/email/header_from_json.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/mime/field_encode.hpp"

namespace mailpipe::email {
namespace {

struct Convenience {
    std::string_view key;
    std::string_view name;
    HeaderForm form;
};

// RFC 8621 section 4.1.3
constexpr std::array<Convenience, 11> kConveniences{{
    {"messageId", "Message-ID", HeaderForm::message_ids},
    {"inReplyTo", "In-Reply-To", HeaderForm::message_ids},
    {"references", "References", HeaderForm::message_ids},
    {"sender", "Sender", HeaderForm::addresses},
    {"from", "From", HeaderForm::addresses},
    {"to", "To", HeaderForm::addresses},
    {"cc", "Cc", HeaderForm::addresses},
    {"bcc", "Bcc", HeaderForm::addresses},
    {"replyTo", "Reply-To", HeaderForm::addresses},
    {"subject", "Subject", HeaderForm::text},
    {"sentAt", "Date", HeaderForm::date},
}};

Fail wrong(std::string_view what) {
    return fail(Errc::data, std::string(what));
}

Result<std::string> string_of(const Json& value) {
    if (!value.is_string()) return wrong("not a string");
    return value.get<std::string>();
}

Result<std::vector<std::string>> strings_of(const Json& value) {
    if (!value.is_array()) return wrong("not an array of strings");
    std::vector<std::string> strings;
    for (const Json& element : value) {
        if (!element.is_string()) return wrong("not an array of strings");
        strings.push_back(element.get<std::string>());
    }
    return strings;
}

// A string, or "" for null and nothing.
Result<std::string> optional_string(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::string();
    return string_of(*found);
}

Result<std::vector<mime::Address>> addresses_of(const Json& value) {
    constexpr std::string_view kForm = "not an array of {name, email}";
    if (!value.is_array()) return wrong(kForm);
    std::vector<mime::Address> addresses;
    for (const Json& element : value) {
        if (!element.is_object()) return wrong(kForm);
        auto name = optional_string(element, "name");
        auto email = optional_string(element, "email");
        if (!name || !email || email->empty()) return wrong(kForm);
        addresses.push_back({std::move(*name), std::move(*email)});
    }
    return addresses;
}

Result<std::vector<mime::AddressGroup>> groups_of(const Json& value) {
    constexpr std::string_view kForm = "not an array of {name, addresses}";
    if (!value.is_array()) return wrong(kForm);
    std::vector<mime::AddressGroup> groups;
    for (const Json& element : value) {
        if (!element.is_object() || !element.contains("addresses")) return wrong(kForm);
        auto name = optional_string(element, "name");
        auto addresses = addresses_of(element["addresses"]);
        if (!name) return tl::unexpected(name.error());
        if (!addresses) return tl::unexpected(addresses.error());
        groups.push_back({name->empty() ? std::nullopt : std::optional(*name), std::move(*addresses)});
    }
    return groups;
}

Result<std::string> date_field(std::string_view name, const std::string& text) {
    const auto date = mime::parse_rfc3339(text);
    if (!date) return wrong("not a date such as 2026-11-24T11:00:00Z");
    return mime::encode_raw_field(name, " " + mime::encode_date(*date));
}

template <class Value, class Encode>
Result<std::string> encoded(std::string_view name, const Result<Value>& value, Encode encode) {
    if (!value) return tl::unexpected(value.error());
    return encode(name, *value);
}

Result<std::string> field_of(std::string_view name, const Json& value, HeaderForm form) {
    switch (form) {
        case HeaderForm::raw:
            return encoded(name, string_of(value), mime::encode_raw_field);
        case HeaderForm::text:
            return encoded(name, string_of(value), mime::encode_text_field);
        case HeaderForm::addresses: {
            auto addresses = addresses_of(value);
            if (!addresses) return tl::unexpected(addresses.error());
            return mime::encode_address_field(name, {{std::nullopt, std::move(*addresses)}});
        }
        case HeaderForm::grouped_addresses:
            return encoded(name, groups_of(value), mime::encode_address_field);
        case HeaderForm::message_ids:
            return encoded(name, strings_of(value), mime::encode_message_id_field);
        case HeaderForm::urls:
            return encoded(name, strings_of(value), mime::encode_url_field);
        case HeaderForm::date:
            break;
    }
    return encoded(name, string_of(value), date_field);
}

bool belongs_to_builder(std::string_view name, bool is_part) {
    constexpr std::array<std::string_view, 4> kBuilt{"Content-Type", "Content-Disposition",
                                                     "Content-Transfer-Encoding", "MIME-Version"};
    return (!is_part && ascii::starts_with_ignore_case(name, "Content-")) ||
           std::any_of(kBuilt.begin(), kBuilt.end(),
                       [name](std::string_view built) { return ascii::equals_ignore_case(built, name); });
}

}  // namespace

Fail HeaderFromJson::refuse(std::string_view key, std::string_view why) const {
    return fail(Errc::data, (path_.empty() ? "" : path_ + "/") + std::string(key) + ": " + std::string(why));
}

bool HeaderFromJson::has(std::string_view name) const {
    return names_.contains(ascii::to_lower(name));
}

Result<void> HeaderFromJson::claim(const std::string& key, std::string_view name) {
    if (names_.insert(ascii::to_lower(name)).second) return {};
    return refuse(key, "the header field " + std::string(name) + " is given twice");
}

Result<void> HeaderFromJson::add_field(const std::string& key, Result<std::string> field) {
    if (!field) return refuse(key, field.error().message);
    fields_ += *field;
    return {};
}

Result<bool> HeaderFromJson::add_convenience(const std::string& key, const Json& value) {
    const auto known = std::find_if(kConveniences.begin(), kConveniences.end(),
                                    [&](const Convenience& convenience) { return convenience.key == key; });
    if (known == kConveniences.end()) return false;
    if (value.is_null()) return true;
    if (auto claimed = claim(key, known->name); !claimed) return tl::unexpected(claimed.error());
    // An address field without addresses is no field (RFC 5322 section 3.6.3), nor are no ids.
    if (value.is_array() && value.empty()) return true;
    if (auto added = add_field(key, field_of(known->name, value, known->form)); !added)
        return tl::unexpected(added.error());
    return true;
}

Result<void> HeaderFromJson::add_header_property(const std::string& key, const Json& value, bool is_part) {
    const auto property = parse_header_property(key);
    if (!property) return fail(Errc::data, property.error().message);
    if (belongs_to_builder(property->name, is_part))
        return refuse(key, "the field follows from the parts; give type, disposition, name, cid, ...");
    if (value.is_null()) return {};
    if (auto claimed = claim(key, property->name); !claimed) return claimed;
    if (!property->all) return add_field(key, field_of(property->name, value, property->form));
    if (!value.is_array()) return refuse(key, "not an array");
    for (const Json& element : value) {
        if (auto added = add_field(key, field_of(property->name, element, property->form)); !added)
            return added;
    }
    return {};
}

Result<void> HeaderFromJson::add_text(const std::string& key, std::string_view name, const Json& value) {
    if (auto claimed = claim(key, name); !claimed) return claimed;
    return add_field(key, field_of(name, value, HeaderForm::text));
}

Result<void> HeaderFromJson::add_message_ids(const std::string& key, std::string_view name, const Json& value) {
    if (auto claimed = claim(key, name); !claimed) return claimed;
    return add_field(key, field_of(name, value, HeaderForm::message_ids));
}

}  // namespace mailpipe::email
