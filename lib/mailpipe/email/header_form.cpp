#include "mailpipe/email/header_form.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/charset.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/mime/lexer.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::email {
namespace {

constexpr std::string_view kPrefix = "header:";

constexpr std::array<std::pair<std::string_view, HeaderForm>, 7> kForms{{
    {"asRaw", HeaderForm::raw},
    {"asText", HeaderForm::text},
    {"asAddresses", HeaderForm::addresses},
    {"asGroupedAddresses", HeaderForm::grouped_addresses},
    {"asMessageIds", HeaderForm::message_ids},
    {"asDate", HeaderForm::date},
    {"asURLs", HeaderForm::urls},
}};

// The fields that RFC 5322 and RFC 2369 define, with the form beside Raw that RFC 8621 section 4.1.2 allows
// them; GroupedAddresses goes with Addresses. All other fields may have any form.
constexpr std::array<std::pair<std::string_view, HeaderForm>, 28> kDefined{{
    {"Subject", HeaderForm::text},
    {"Comments", HeaderForm::text},
    {"Keywords", HeaderForm::text},
    {"From", HeaderForm::addresses},
    {"Sender", HeaderForm::addresses},
    {"Reply-To", HeaderForm::addresses},
    {"To", HeaderForm::addresses},
    {"Cc", HeaderForm::addresses},
    {"Bcc", HeaderForm::addresses},
    {"Resent-From", HeaderForm::addresses},
    {"Resent-Sender", HeaderForm::addresses},
    {"Resent-Reply-To", HeaderForm::addresses},
    {"Resent-To", HeaderForm::addresses},
    {"Resent-Cc", HeaderForm::addresses},
    {"Resent-Bcc", HeaderForm::addresses},
    {"Message-ID", HeaderForm::message_ids},
    {"In-Reply-To", HeaderForm::message_ids},
    {"References", HeaderForm::message_ids},
    {"Resent-Message-ID", HeaderForm::message_ids},
    {"Date", HeaderForm::date},
    {"Resent-Date", HeaderForm::date},
    {"List-Help", HeaderForm::urls},
    {"List-Unsubscribe", HeaderForm::urls},
    {"List-Subscribe", HeaderForm::urls},
    {"List-Post", HeaderForm::urls},
    {"List-Owner", HeaderForm::urls},
    {"List-Archive", HeaderForm::urls},
    {"Return-Path", HeaderForm::raw},
}};

bool is_allowed(std::string_view name, HeaderForm form) {
    if (form == HeaderForm::raw) return true;
    const auto defined = std::find_if(kDefined.begin(), kDefined.end(), [name](const auto& field) {
        return ascii::equals_ignore_case(field.first, name);
    });
    if (defined == kDefined.end() || defined->second == form) return true;
    return defined->second == HeaderForm::addresses && form == HeaderForm::grouped_addresses;
}

Json name_json(std::string_view name) {
    std::string shown = display_name(name);
    return shown.empty() ? Json() : Json(std::move(shown));
}

Json address_json(const mime::Address& address) {
    Json json;
    json["name"] = name_json(address.name);
    json["email"] = address.email;
    return json;
}

Json addresses_json(std::string_view value) {
    Json list = Json::array();
    for (const mime::Address& address : mime::flatten(mime::parse_address_list(value)))
        list.push_back(address_json(address));
    return list;
}

Json grouped_addresses_json(std::string_view value) {
    Json list = Json::array();
    for (const mime::AddressGroup& group : mime::parse_address_list(value)) {
        Json json;
        json["name"] = name_json(group.name.value_or(""));
        Json& addresses = json["addresses"] = Json::array();
        for (const mime::Address& address : group.addresses)
            addresses.push_back(address_json(address));
        list.push_back(std::move(json));
    }
    return list;
}

// RFC 2369 section 2: URLs in angle brackets with commas between them, comments anywhere; white space inside of
// the brackets is dropped. What follows something else is not looked at.
Json urls_json(std::string_view value) {
    Json urls = Json::array();
    std::size_t at = 0;
    while (true) {
        mime::skip_cfws(value, at);
        if (at >= value.size() || value[at] != '<') break;
        const std::size_t end = value.find('>', at);
        if (end == std::string_view::npos) break;
        std::string url;
        for (const char c : value.substr(at + 1, end - at - 1)) {
            if (!ascii::is_space(c)) url += c;
        }
        urls.push_back(mime::decode_charset(url, "").text);
        at = end + 1;
        mime::skip_cfws(value, at);
        if (at >= value.size() || value[at] != ',') break;
        ++at;
    }
    return urls.empty() ? Json() : urls;
}

Json value_of(std::string_view value, HeaderForm form) {
    switch (form) {
        case HeaderForm::text:
            return text_form(value);
        case HeaderForm::addresses:
            return addresses_json(value);
        case HeaderForm::grouped_addresses:
            return grouped_addresses_json(value);
        case HeaderForm::message_ids: {
            auto ids = mime::parse_message_ids(value);
            return ids.empty() ? Json() : Json(std::move(ids));
        }
        case HeaderForm::date: {
            const auto date = mime::parse_date(value);
            return date ? Json(mime::rfc3339(*date)) : Json();
        }
        case HeaderForm::urls:
            return urls_json(value);
        case HeaderForm::raw:
            break;
    }
    // Octets that are no UTF-8 become U+FFFD, NUL goes (RFC 8621 section 4.1.2.1).
    std::string text = mime::decode_charset(value, "utf-8").text;
    text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
    return text;
}

}  // namespace

bool is_header_property(std::string_view property) {
    return property.substr(0, kPrefix.size()) == kPrefix;
}

Result<HeaderProperty> parse_header_property(std::string_view property) {
    const auto refuse = [&](std::string_view why) {
        return fail(Errc::usage, "\"" + std::string(property) + "\": " + std::string(why));
    };
    if (!is_header_property(property)) return refuse("begins with no \"header:\"");
    const auto parts = ascii::split(property.substr(kPrefix.size()), ':');
    HeaderProperty result{std::string(property), std::string(parts[0]), HeaderForm::raw, false};
    if (!mime::is_field_name(result.name)) return refuse("the name of a header field is missing or impossible");
    std::size_t next = 1;
    if (next < parts.size() && parts[next] != "all") {
        const auto form = std::find_if(kForms.begin(), kForms.end(),
                                       [&](const auto& known) { return known.first == parts[next]; });
        if (form == kForms.end()) {
            return refuse(
                "the form is none of asRaw, asText, asAddresses, asGroupedAddresses, asMessageIds, asDate, "
                "asURLs");
        }
        if (!is_allowed(result.name, form->second)) {
            return refuse("RFC 8621 section 4.1.2 has no such form for this field");
        }
        result.form = form->second;
        ++next;
    }
    if (next < parts.size() && parts[next] == "all") {
        result.all = true;
        ++next;
    }
    if (next < parts.size()) return refuse("something stands behind the form and \"all\"");
    return result;
}

Json header_value(const mime::Header& header, const HeaderProperty& property) {
    if (!property.all) {
        const mime::Field* field = header.find_last(property.name);
        return field == nullptr ? Json() : value_of(field->value, property.form);
    }
    Json values = Json::array();
    for (const mime::Field& field : header.fields) {
        if (ascii::equals_ignore_case(field.name, property.name))
            values.push_back(value_of(field.value, property.form));
    }
    return values;
}

std::string display_name(std::string_view name) {
    return nfc(std::string(ascii::trim(name)));
}

std::string text_form(std::string_view value) {
    return nfc(mime::decode_text(value).text);
}

}  // namespace mailpipe::email
