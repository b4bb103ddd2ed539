#include "mailpipe/email/message_from_json.hpp"

#include <set>
#include <vector>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/body_from_json.hpp"
#include "mailpipe/email/header_form.hpp"
#include "mailpipe/email/header_from_json.hpp"
#include "mailpipe/mime/builder.hpp"
#include "mailpipe/mime/field_encode.hpp"

namespace mailpipe::email {
namespace {

bool is_about_body(const std::string& key) {
    return key == "bodyStructure" || key == "bodyValues" || key == "textBody" || key == "htmlBody" ||
           key == "attachments";
}

// What a store, a listing or the text itself says; nothing of it stands in a message.
bool is_known_elsewhere(const std::string& key) {
    static const std::set<std::string_view> kKeys{
        "id",         "blobId", "threadId",  "mailboxIds",    "keywords",    "size",
        "receivedAt", "ref",    "mailbox",   "uid",           "uidValidity", "modSeq",
        "uidl",       "depth",  "limitsMet", "hasAttachment", "preview"};
    return kKeys.contains(key);
}

Result<std::string> read_fields(const Json& object, const MessageDefaults& defaults) {
    HeaderFromJson header("");
    for (auto item = object.begin(); item != object.end(); ++item) {
        const std::string& key = item.key();
        if (is_about_body(key) || is_known_elsewhere(key)) continue;
        if (is_header_property(key)) {
            if (auto added = header.add_header_property(key, item.value(), false); !added)
                return tl::unexpected(added.error());
            continue;
        }
        const auto added = header.add_convenience(key, item.value());
        if (!added) return tl::unexpected(added.error());
        if (!*added) return header.refuse(key, "no property of an Email object");
    }
    std::string fields;
    if (defaults.date && !header.has("Date")) fields += "Date: " + mime::encode_date(*defaults.date) + "\r\n";
    if (!defaults.message_id.empty() && !header.has("Message-ID")) {
        auto field = mime::encode_message_id_field("Message-ID", {defaults.message_id});
        if (!field) return field;
        fields += *field;
    }
    return fields + header.fields();
}

}  // namespace

Result<Json> parse_email_object(std::string_view text) {
    std::vector<std::size_t> keys;  // so far, of each open object
    bool too_many = false;
    const auto count = [&](int, Json::parse_event_t event, Json&) {
        if (event == Json::parse_event_t::object_start) keys.push_back(0);
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key) too_many = too_many || ++keys.back() > limits::kMimeParts;
        return !too_many;
    };
    try {
        Json object = Json::parse(text, count);
        if (too_many) return fail(Errc::data, "an object with more than kMimeParts (10000) keys");
        if (!object.is_object()) return fail(Errc::data, "not a JSON object");
        return object;
    } catch (const Json::parse_error& error) {
        return fail(Errc::data, "not JSON at octet " + std::to_string(error.byte));
    } catch (const Json::out_of_range&) {
        return fail(Errc::data, "a number that is too large");
    }
}

Result<std::string> message_from_json(const Json& object, const MessageDefaults& defaults) {
    if (!object.is_object()) return fail(Errc::data, "not a JSON object");
    auto fields = read_fields(object, defaults);
    if (!fields) return fields;
    auto root = BodyFromJson(object).read();
    if (!root) return tl::unexpected(root.error());
    root->fields.insert(0, *fields);
    return mime::build_message(*root, defaults.boundary_seed);
}

}  // namespace mailpipe::email
