#include "mailpipe/email/message_from_json.hpp"

#include <set>

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
